//! The command line: what it takes, what it prints, how it ends.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
