//! The commands behind the command line.

mod args;
mod command;
mod compare;
mod context;
mod exit;
mod lint;
mod live;
mod probe;
mod reports;
mod terminal;

pub use command::run;
