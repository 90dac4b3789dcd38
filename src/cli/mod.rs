//! The commands behind the command line.

mod args;
mod campaign;
mod cluster;
mod clusters;
mod command;
mod compare;
mod console;
mod context;
#[cfg(test)]
mod documented;
mod exit;
mod init;
mod judge;
mod lint;
mod live;
mod man;
mod merge;
mod probe;
mod reports;
mod terminal;
mod values;
mod verify;

pub use command::run;
