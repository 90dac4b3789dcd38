//! The commands behind the command line.

mod args;
mod campaign;
mod command;
mod compare;
mod exit;
mod lint;
mod live;
mod reports;
mod terminal;

pub use command::run;
