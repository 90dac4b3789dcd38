//! A verdict for people and for other programs, one file a format.

mod page;
mod roles;
mod table;
mod text;

pub use page::Style;
pub use text::render;
