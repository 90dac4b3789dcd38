use super::Snippet;
use super::shell::simple_commands;
use crate::manifest::Manifest;

/// Programs that run a script.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "ksh"];

/// What a container, a probe or a hook runs.
#[derive(Clone, Debug)]
pub struct Command<'s> {
    /// Its words, as Kubernetes has them.
    pub words: Vec<String>,
    /// Where it stands.
    pub snippet: Snippet<'s>,
}

impl<'s> Command<'s> {
    pub(super) fn new(manifest: &'s Manifest, pointer: String, words: Vec<String>) -> Self {
        let text = words.join(" ");
        Self {
            words,
            snippet: Snippet {
                manifest,
                pointer,
                text,
            },
        }
    }

    /// The script that a shell is given with `-c`.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        let first = self.words.first()?;
        let shell = first.rsplit('/').next().unwrap_or(first);
        let flag = self.words.iter().position(|word| is_command_flag(word))?;
        SHELLS.contains(&shell).then_some(())?;
        self.words.get(flag + 1).map(String::as_str)
    }

    /// The commands that it runs: itself, and those of the script that it gives to a shell.
    #[must_use]
    pub fn simple_commands(&self) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        if !self.words.is_empty() {
            commands.push(self.words.clone());
        }
        if let Some(script) = self.script() {
            commands.extend(simple_commands(script));
        }
        commands
    }
}

/// `-c`, alone or with others: `-ec`, `-lc`.
fn is_command_flag(word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or_default();
    letters.ends_with('c') && letters.len() <= 4 && letters.chars().all(|c| c.is_ascii_lowercase())
}
