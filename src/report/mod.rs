//! A verdict for people and for other programs, one file a format.

mod lint;
mod page;
mod roles;
mod table;
mod text;

pub use lint::{lint_json, lint_text, sarif};
pub use page::Style;
pub use text::render;
