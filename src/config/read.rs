use std::fs;
use std::path::{Path, PathBuf};

use super::fault::File;
use super::model::Read;
use super::{ClusterTable, Config, ConfigProblem};
use crate::manifest::{Problem, Problems, check_override};

/// What the file is called where it is looked for.
const NAME: &str = "stateproof.toml";

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no such file, with the place; when a password is not where it says.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let (name, text) = text_of(path)?;
        Self::parse(&name, directory_of(path), &text)
    }

    /// Reads a text. The name stands for the file's in messages; files that it names are relative to the current
    /// directory.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn from_str(name: &str, text: &str) -> Result<Self, Problems> {
        Self::parse(name, Path::new(""), text)
    }

    /// The file beside these manifests: in a directory that is given, beside a file that is given, in the current
    /// directory for standard input.
    ///
    /// # Errors
    /// When there is more than one: which of them would count is not defined. And when there is none in a directory, but
    /// one below it, whose manifests are read as well.
    pub fn beside(inputs: &[PathBuf]) -> Result<Option<PathBuf>, Problems> {
        let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
        for input in inputs {
            let directory = if input.as_os_str() == "-" {
                Path::new("")
            } else if input.is_dir() {
                input
            } else {
                input.parent().unwrap_or(Path::new(""))
            };
            let path = directory.join(NAME);
            let Ok(resolved) = path.canonicalize() else {
                if let Some(below) = input.is_dir().then(|| below(directory)).flatten() {
                    return Err(Problem::new(ConfigProblem::Below {
                        directory: shown(directory),
                        file: below.display().to_string(),
                    })
                    .into());
                }
                continue;
            };
            if found.iter().all(|(known, _)| *known != resolved) {
                found.push((resolved, path));
            }
        }
        if let [(_, first), (_, second), ..] = found.as_slice() {
            return Err(Problem::new(ConfigProblem::Ambiguous {
                first: shown(directory_of(first)),
                second: shown(directory_of(second)),
            })
            .into());
        }
        Ok(found.pop().map(|(_, path)| path))
    }

    fn parse(name: &str, directory: &Path, text: &str) -> Result<Self, Problems> {
        let file = File { name, text };
        let mut config = Self::of(directory, &file)?;
        let (mut read, mut problems) = (Read::default(), Vec::new());
        for (key, table) in &config.workload {
            match table.declaration(key, directory, &file) {
                Ok((id, declaration)) => {
                    read.passwords.extend(declaration.password.clone());
                    read.places.insert(key.get_ref().clone(), file.place(key.span()));
                    read.declarations.insert(id, declaration);
                }
                Err(problem) => problems.push(problem),
            }
        }
        Problems::check(problems)?;
        config.read = read;
        Ok(config)
    }

    /// What the text says, before anything is read that it names.
    fn of(directory: &Path, file: &File<'_>) -> Result<Self, Problems> {
        let mut config: Self = toml::from_str(file.text).map_err(|error| file.not_read(&error))?;
        if let Some(other) = config.beside_an_end() {
            let place = file.place(file.find("expect_failure"));
            let one = "expect_failure";
            return Err(Problem::new(ConfigProblem::Conflict { one, other })
                .at(place, "nothing else is done where an end is named")
                .into());
        }
        if config.cluster.nodes.is_some() && config.cluster.config.is_some() {
            let place = file.place(file.find("nodes"));
            let (one, other) = ("nodes", "config");
            return Err(Problem::new(ConfigProblem::Conflict { one, other })
                .at(place, "the provider's configuration says which nodes there are")
                .into());
        }
        for (image, other) in &config.image_overrides {
            if let Err(fault) = check_override(image, other) {
                let place = file.place(file.find(&format!("\"{image}\"")));
                let help = "write `\"docker.io/*\" = \"mirror.example/hub/*\"`".to_owned();
                return Err(Problem::new(ConfigProblem::WrongValue { fault, help })
                    .at(place, "this override")
                    .into());
            }
        }
        if let Some(path) = &mut config.cluster.config {
            *path = directory.join(&*path);
        }
        Ok(config)
    }

    /// What is asked for beside an end, anywhere in the file: where one is named, it is not done.
    fn beside_an_end(&self) -> Option<&'static str> {
        let tables = self.workload.values();
        let mut asked = tables
            .map(|table| (&table.expect_failure, &table.drills, &table.skip, &table.only))
            .chain([(&self.expect_failure, &self.drills, &self.skip, &self.only)]);
        if asked.clone().all(|(ends, ..)| ends.is_empty()) {
            return None;
        }
        asked.find_map(|(_, drills, skip, only)| {
            match (drills.is_empty(), skip.is_empty(), only.is_empty()) {
                (false, ..) => Some("drills"),
                (_, false, _) => Some("skip"),
                (.., false) => Some("only"),
                _ => None,
            }
        })
    }
}

impl ClusterTable {
    /// Reads what a file says of the cluster, and nothing that it names for the workloads: passwords need not be there.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let (name, text) = text_of(path)?;
        let file = File {
            name: &name,
            text: &text,
        };
        Ok(Config::of(directory_of(path), &file)?.cluster)
    }
}

/// A file below a directory of manifests. Links are not followed: they may lead back.
fn below(directory: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut directories: Vec<PathBuf> = directories
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .collect();
    directories.sort();
    directories.iter().find_map(|directory| {
        let file = directory.join(NAME);
        if file.is_file() {
            Some(file)
        } else {
            below(directory)
        }
    })
}

/// A directory, the current one too.
fn shown(directory: &Path) -> String {
    if directory.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        directory.display().to_string()
    }
}

fn text_of(path: &Path) -> Result<(String, String), Problem> {
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Problem::new(ConfigProblem::Unreadable {
            path: name,
            reason: error.to_string(),
        })),
    }
}

/// What a file's relative paths are relative to.
fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
