use std::io::Write as _;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Cli;
use super::exit::Exit;

/// Prints the manual page of a command, or of stateproof itself.
pub fn man_command(of: Option<&str>) -> Exit {
    let mut program = Cli::command();
    // Gives the commands their full names and the options that all of them have.
    program.build();
    let named = of.map_or(Some(&program), |name| program.find_subcommand(name));
    let Some(command) = named else {
        let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        eprintln!(
            "error: there is no command {}: there are {}",
            of.unwrap_or_default(),
            known.join(", ")
        );
        return Exit::Usage;
    };
    let mut page = Vec::new();
    if let Err(error) = Man::new(command.clone()).render(&mut page) {
        eprintln!("error: cannot make the page: {error}");
        return Exit::Setup;
    }
    // A reader that has gone away (`| man -l -`) is no error of ours.
    let _ = std::io::stdout().write_all(&page);
    Exit::Held
}
