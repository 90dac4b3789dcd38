//! A verdict for people and for other programs, one file a format.

mod page;
mod table;
pub mod text;
