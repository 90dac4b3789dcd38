//! What [`crate::lint`] found, a file a format.

mod json;
mod sarif;
mod text;

pub use json::lint_json;
pub use sarif::sarif;
pub use text::lint_text;
