//! The command lines that documents tell a reader to type.

use std::path::Path;

use clap::Parser;

use super::args::Cli;

/// Every `stateproof …` of a document's code blocks, as a shell takes it apart: comments gone, continued lines one line.
fn commands(text: &str) -> Vec<Vec<String>> {
    let blocks = text.split("\n```").skip(1).step_by(2);
    let lines = blocks.map(|block| block.replace("\\\n", " "));
    let mut found = Vec::new();
    for line in lines.flat_map(|block| block.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()) {
        let mut words = shell_words(&line);
        while !words.is_empty() {
            let end = words
                .iter()
                .position(|word| ["|", "&&", "||", ";"].contains(&&**word));
            let rest = end.map_or_else(Vec::new, |end| words.split_off(end).split_off(1));
            if words.first().is_some_and(|word| word == "stateproof") {
                found.push(words);
            }
            words = rest;
        }
    }
    found
}

/// Words by blanks, what is quoted in one, up to a comment or to where the output goes.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.trim().chars() {
        match (quote, c) {
            (Some(mark), _) if mark == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("there is one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    let end = words.iter().position(|word| word.starts_with(['#', '>']));
    words.truncate(end.unwrap_or(words.len()));
    words
}

#[test]
fn what_documents_tell_to_type_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(
        std::fs::read_dir(root.join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    let mut seen = 0;
    for page in pages {
        for command in commands(&std::fs::read_to_string(&page).unwrap()) {
            if let Err(error) = Cli::try_parse_from(&command) {
                panic!("{}: {command:?}: {error}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} were found");
}

/// The twin: the command lines are found whole, and what there is not is refused.
#[test]
fn what_there_is_not_is_refused() {
    let text = "\n```sh\ncat x | stateproof verify - # all\nstateproof lint 'a b' \\\n  --denny info >x\n```\nstateproof text\n";
    let found = commands(text);
    assert_eq!(
        found,
        [
            vec!["stateproof", "verify", "-"],
            vec!["stateproof", "lint", "a b", "--denny", "info"]
        ]
    );
    assert!(Cli::try_parse_from(&found[0]).is_ok() && Cli::try_parse_from(&found[1]).is_err());
}
