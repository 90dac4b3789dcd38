//! The documents' claims, each proven on a real cluster: a file a document, a test a claim.

#[path = "../support/mod.rs"]
mod support;

mod wealist_postgres;
