//! The commands behind the command line.

mod args;
mod command;
mod compare;
mod exit;
mod lint;
mod live;
mod merge;
mod reports;
mod terminal;

pub use command::run;
