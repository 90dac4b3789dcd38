//! A verdict for people and for other programs, one file a format.

mod campaign;
mod compare;
mod error;
mod html;
mod json;
mod junit;
mod lanes;
mod lint;
mod page;
mod roles;
mod rounds;
mod said;
mod scale;
mod spread;
mod stretch;
mod summary;
mod table;
mod tally;
mod text;
mod wording;
mod writes;

pub use crate::harmless::{harmless, harmless_text};
pub use campaign::{Campaign, Count};
pub use compare::{Change, Comparison, PromiseComparison, TimeComparison};
pub use error::ReportError;
pub use html::html;
pub use json::{REPORT_FORMAT, json};
pub use junit::{junit, junit_of_all};
pub use lint::{lint_json, lint_text, sarif};
pub use page::Style;
pub use spread::Spread;
pub use summary::summary;
pub use tally::Tally;
pub use text::render;
pub use wording::last_line;
