//! The reports: every format made of tapes, held to its schema, and of what somebody else's words may contain.

mod bytes;
mod compare;
mod hostile;
mod html;
mod json;
mod junit;
mod markup;
mod summary;
mod timeline;
