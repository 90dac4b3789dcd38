//! The commands behind the command line.

mod args;
mod campaign;
mod command;
mod compare;
mod context;
mod exit;
mod init;
mod lint;
mod live;
mod man;
mod merge;
mod probe;
mod reports;
mod terminal;

pub use command::run;
