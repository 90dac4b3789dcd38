//! The commands behind the command line.

mod args;
mod command;
mod exit;
mod lint;
mod terminal;

pub use command::run;
