use super::{DeclaredContainer, Inventory, PodMaker, simple_commands};
use crate::manifest::{Manifest, Place};

/// Variables whose value is words of a command line.
const WORDS: [&str; 3] = ["POSTGRES_INITDB_ARGS", "PGOPTIONS", "MYSQLD_OPTS"];

/// A setting that a database server is given, in its arguments or in a file that a ConfigMap holds.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name in lower case with underscores: `fsync`, `sync_binlog`, `journal.enabled`.
    pub name: String,
    /// Its value without quotes.
    pub value: String,
    /// Where it is said.
    pub place: Place,
}

impl<'s> PodMaker<'s> {
    /// What its server is told to do otherwise than by default, as far as the set says it.
    #[must_use]
    pub fn settings(&self, inventory: &Inventory<'s>) -> Vec<Setting> {
        let Some(container) = self.server_container() else {
            return Vec::new();
        };
        let mut settings = of_command(container);
        for (position, variable) in container.spec.env.iter().flatten().enumerate() {
            if WORDS.contains(&variable.name.as_str()) {
                let pointer = container.path(&format!("env/{position}/value"));
                let value = variable.value.as_deref().unwrap_or_default();
                let words = value
                    .split_whitespace()
                    .map(|word| (pointer.clone(), word.to_owned()))
                    .collect();
                of_words(container.manifest, words, &mut settings);
            }
        }
        for (path, file) in inventory.mounted_files(self, container) {
            // What a script calls stands where the script is run.
            if path
                .rsplit_once('.')
                .is_none_or(|(_, extension)| extension != "sh")
            {
                for (name, value, line) in of_file(&file.text) {
                    let place = file.place_of(line);
                    settings.push(Setting { name, value, place });
                }
            }
        }
        settings
    }
}

fn of_command(container: &DeclaredContainer<'_>) -> Vec<Setting> {
    let mut words = Vec::new();
    for (list, written) in [
        ("command", &container.spec.command),
        ("args", &container.spec.args),
    ] {
        for (position, word) in written.iter().flatten().enumerate() {
            words.push((container.path(&format!("{list}/{position}")), word.clone()));
        }
    }
    let mut settings = Vec::new();
    let script = container.command().script().map(str::to_owned);
    if let Some(script) = &script {
        let pointer = words
            .iter()
            .find(|(_, word)| word == script)
            .map(|(pointer, _)| pointer.clone())
            .unwrap_or_default();
        for command in simple_commands(script) {
            let words = command.into_iter().map(|word| (pointer.clone(), word)).collect();
            of_words(container.manifest, words, &mut settings);
        }
    } else {
        of_words(container.manifest, words, &mut settings);
    }
    settings
}

/// `-c name=value`, `-cname=value`, `--name=value` and `--name value`, as PostgreSQL, MySQL and MongoDB take them.
fn of_words(manifest: &Manifest, words: Vec<(String, String)>, settings: &mut Vec<Setting>) {
    let mut words = words.into_iter().peekable();
    while let Some((pointer, word)) = words.next() {
        let (pointer, pair) = if word == "-c" {
            let Some(next) = words.next() else { break };
            next
        } else if let Some(pair) = word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            (pointer, pair.to_owned())
        } else {
            continue;
        };
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => match words.next_if(|(_, next)| !next.starts_with('-')) {
                Some((_, value)) => (pair.clone(), value),
                None => (pair.clone(), String::new()),
            },
        };
        settings.push(Setting {
            place: manifest.locate_in(&pointer, &pair),
            name: normal(&name),
            value: unquoted(&value).to_owned(),
        });
    }
}

/// `name = value`, `name value`, MongoDB's `name: value` below its section, and SQL's `… SET name = value;`. Each with
/// its line.
fn of_file(text: &str) -> Vec<(String, String, &str)> {
    let mut settings = Vec::new();
    let mut section = String::new();
    for line in text.lines() {
        let content = line.split(['#', ';']).next().unwrap_or_default().trim_end();
        let bare = content.trim();
        if bare.is_empty() || bare.starts_with('[') || bare.starts_with("--") {
            continue;
        }
        if let Some(name) = bare.strip_suffix(':') {
            section = normal(name);
            continue;
        }
        let (name, value, nested) = if let Some((name, value)) = bare.split_once('=') {
            (name, value, false)
        } else if let Some((name, value)) = bare.split_once(':') {
            (name, value, content.starts_with([' ', '\t']))
        } else if let Some((name, value)) = bare.split_once(char::is_whitespace) {
            (name, value, false)
        } else {
            (bare, "", false)
        };
        // Of `ALTER SYSTEM SET name` the last word is the name.
        let name = normal(name.trim().rsplit(char::is_whitespace).next().unwrap_or(name));
        let name = if nested && !section.is_empty() {
            format!("{section}.{name}")
        } else {
            name
        };
        settings.push((name, unquoted(value).to_owned(), bare));
    }
    settings
}

fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('-', "_")
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_every_engines_way() {
        for (text, expected) in [
            ("fsync = off # why not", ("fsync", "off")),
            ("synchronous_commit 'off'", ("synchronous_commit", "off")),
            ("[mysqld]\nsync-binlog=0", ("sync_binlog", "0")),
            (
                "storage:\n  journal:\n    enabled: false",
                ("journal.enabled", "false"),
            ),
            ("ALTER SYSTEM SET fsync = off;", ("fsync", "off")),
        ] {
            let settings = of_file(text);
            let (name, value, _) = settings.last().unwrap();
            assert_eq!((name.as_str(), value.as_str()), expected, "{text}");
        }
    }
}
