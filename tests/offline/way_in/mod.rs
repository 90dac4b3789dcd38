//! The way in: what `stateproof init` writes, the manual pages, the Action, the documents.

mod action;
mod commands;
mod documents;
mod init;
mod man;
mod schemas;
