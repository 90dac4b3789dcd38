//! How a template writes text that was thought of elsewhere: a name, a log line, what a server says.

#![expect(
    clippy::inline_always,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the form that askama gives a filter"
)]

use std::fmt::Display;

use askama::filters::{Html, Safe, escape};

use crate::harmless::{harmless, readable};

/// Text of an element: escaped, its UIDs shortened, and kept to itself, so that letters written from right to left do not turn what
/// stands beside them.
#[askama::filter_fn]
pub fn t(value: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<String>> {
    let text = value.to_string();
    let escaped = escape(readable(&text), Html)?;
    Ok(Safe(format!("<bdi>{escaped}</bdi>")))
}

/// Text of an attribute or of a picture, in which no element can stand. The template escapes it.
#[askama::filter_fn]
pub fn a(value: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(harmless(&value.to_string()).into_owned())
}
