use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::Spanned;

use super::model::Read;
use super::{Config, ConfigProblem, WorkloadTable};
use crate::manifest::{Place, Problem, Problems};
use crate::workload::{Declaration, Password, Tls, Workload, WorkloadId};

/// What the file is called where it is looked for.
const NAME: &str = "stateproof.toml";

/// The most letters in which a key may differ from the one that was meant.
const NEAR: usize = 3;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no such file, with the place; when a password is not where it says.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            let reason = error.to_string();
            Problem::new(ConfigProblem::Unreadable {
                path: name.clone(),
                reason,
            })
        })?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::parse(&name, directory, &text)
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
    /// When there is more than one: which of them would count is not defined.
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
                continue;
            };
            if found.iter().all(|(known, _)| *known != resolved) {
                found.push((resolved, path));
            }
        }
        if let [(_, first), (_, second), ..] = found.as_slice() {
            let directory = |path: &Path| path.parent().unwrap_or(Path::new("")).display().to_string();
            return Err(Problem::new(ConfigProblem::Ambiguous {
                first: directory(first),
                second: directory(second),
            })
            .into());
        }
        Ok(found.pop().map(|(_, path)| path))
    }

    /// Checks that every table of a workload is one of these: a typo in a name would leave the table unread.
    ///
    /// # Errors
    /// With the table's place, and the name that was probably meant.
    pub fn check(&self, workloads: &[&Workload], run_namespace: &str) -> Result<(), Problems> {
        let names: Vec<String> = workloads
            .iter()
            .map(|workload| format!("{}/{}", named_namespace(workload, run_namespace), workload.name))
            .collect();
        self.check_names(&names)
    }

    pub(crate) fn check_names(&self, names: &[String]) -> Result<(), Problems> {
        let strangers = self.workload.iter().filter(|(key, table)| {
            // One that is left alone is no workload any more.
            table.engine.as_deref() != Some("none") && !names.contains(key.get_ref())
        });
        let problems = strangers.map(|(key, _)| {
            let problem = Problem::new(ConfigProblem::NoWorkload {
                workload: key.get_ref().clone(),
                suggestion: suggestion(key.get_ref(), names.iter().map(String::as_str)),
                known: if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            });
            match self.read.places.get(key.get_ref()) {
                Some(place) => problem.at(place.clone(), "this table is of no workload"),
                None => problem,
            }
        });
        Problems::check(problems.collect())
    }

    fn parse(name: &str, directory: &Path, text: &str) -> Result<Self, Problems> {
        let file = File { name, text };
        let mut config: Self = toml::from_str(text).map_err(|error| file.not_read(&error))?;
        if !config.expect_failure.is_empty() && !config.drills.is_empty() {
            let place = file.place(file.find("expect_failure"));
            let (one, other) = ("expect_failure", "drills");
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
        if let Some(path) = &mut config.cluster.config {
            *path = directory.join(&*path);
        }
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
}

impl WorkloadTable {
    fn declaration(
        &self,
        key: &Spanned<String>,
        directory: &Path,
        file: &File<'_>,
    ) -> Result<(WorkloadId, Declaration), Problem> {
        let id = match key.get_ref().split('/').collect::<Vec<_>>()[..] {
            [namespace, name] if !namespace.is_empty() && !name.is_empty() => WorkloadId {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            _ => {
                return Err(Problem::new(ConfigProblem::WrongValue {
                    fault: format!("`{}` names no workload", key.get_ref()),
                    help:
                        "write namespace and name: `[workload.\"shop/orders\"]`; where the manifests name no \
                           namespace, it is `default`"
                            .to_owned(),
                })
                .at(file.place(key.span()), "no namespace and name"));
            }
        };
        let declaration = Declaration {
            by: file.name.to_owned(),
            engine: self.engine.clone(),
            port: self.port,
            user: self.user.clone(),
            password: self.password(key.get_ref(), directory, file)?,
            database: self.database.clone(),
            data_directory: self.data_directory.clone(),
            tls: self.tls,
            authority: self.authority(directory, file)?,
        };
        Ok((id, declaration))
    }

    fn authority(&self, directory: &Path, file: &File<'_>) -> Result<Option<String>, Problem> {
        let wrong = |span: Range<usize>, fault: String, help: &str| {
            let help = help.to_owned();
            Problem::new(ConfigProblem::WrongValue { fault, help }).at(file.place(span), "named here")
        };
        let Some(path) = &self.tls_ca else {
            return match self.tls {
                Some(Tls::VerifyFull) => {
                    let place = file.place(file.find("verify-full"));
                    let fault = "`verify-full` without an authority".to_owned();
                    let help = "name the file with its certificates: `tls_ca = \"ca.crt\"`".to_owned();
                    Err(Problem::new(ConfigProblem::WrongValue { fault, help })
                        .at(place, "checked against whom?"))
                }
                _ => Ok(None),
            };
        };
        let at = directory.join(path.get_ref());
        let text = fs::read_to_string(&at).map_err(|error| {
            wrong(
                path.span(),
                format!("{}: {error}", at.display()),
                "name a file that can be read",
            )
        })?;
        if text.contains("-----BEGIN CERTIFICATE-----") {
            Ok(Some(text))
        } else {
            let fault = format!("{} holds no certificate in PEM", at.display());
            Err(wrong(
                path.span(),
                fault,
                "it begins with `-----BEGIN CERTIFICATE-----`",
            ))
        }
    }

    fn password(
        &self,
        workload: &str,
        directory: &Path,
        file: &File<'_>,
    ) -> Result<Option<Password>, Problem> {
        let missing = |span: Range<usize>, reason: String| {
            let workload = workload.to_owned();
            Problem::new(ConfigProblem::NoPassword { workload, reason }).at(file.place(span), "named here")
        };
        match (&self.password, &self.password_env, &self.password_file) {
            (None, None, None) => Ok(None),
            (Some(password), None, None) => Ok(Some(Password::new(password.get_ref()))),
            (None, Some(variable), None) => match env::var(variable.get_ref()) {
                Ok(password) => Ok(Some(Password::new(password))),
                Err(_) => Err(missing(
                    variable.span(),
                    format!(
                        "the environment has no variable {}, or it is no text",
                        variable.get_ref()
                    ),
                )),
            },
            (None, None, Some(path)) => {
                let at = directory.join(path.get_ref());
                match fs::read_to_string(&at) {
                    Ok(password) => Ok(Some(Password::new(password.trim_end_matches(['\r', '\n'])))),
                    Err(error) => Err(missing(path.span(), format!("{}: {error}", at.display()))),
                }
            }
            _ => {
                let (one, other) = match (&self.password, &self.password_env) {
                    (Some(_), Some(_)) => ("password", "password_env"),
                    (Some(_), None) => ("password", "password_file"),
                    _ => ("password_env", "password_file"),
                };
                let named = self.password_env.as_ref().map(Spanned::span);
                let named = named.or_else(|| self.password_file.as_ref().map(Spanned::span));
                let place = file.place(named.unwrap_or_default());
                Err(Problem::new(ConfigProblem::Conflict { one, other }).at(place, "a second password"))
            }
        }
    }
}

/// The namespace under which a file names a workload: what the run has made for objects that name none is `default`.
pub(crate) fn named_namespace<'w>(workload: &'w Workload, run_namespace: &str) -> &'w str {
    if workload.namespace == run_namespace {
        "default"
    } else {
        &workload.namespace
    }
}

/// A file's text, for messages.
struct File<'t> {
    name: &'t str,
    text: &'t str,
}

impl File<'_> {
    /// A place in it, without the passwords that stand in it.
    fn place(&self, span: Range<usize>) -> Place {
        Place::in_text(self.name, masked(self.text), span)
    }

    fn find(&self, key: &str) -> Range<usize> {
        let at = self.text.find(key).unwrap_or_default();
        at..at + key.len()
    }

    /// What the parser says, without a value that it quotes: it may be a password in the wrong place.
    fn not_read(&self, error: &toml::de::Error) -> Problem {
        let span = error.span().unwrap_or_default();
        let message = error.message();
        if let Some((key, known)) = names(message, "unknown field") {
            // The span may be the table's: the key is looked for in it.
            let within = self.text.get(span.clone()).unwrap_or_default();
            let span = match within.find(&key) {
                Some(at) if within != key => span.start + at..span.start + at + key.len(),
                _ => span,
            };
            let problem = Problem::new(ConfigProblem::UnknownKey {
                suggestion: suggestion(&key, known.iter().map(String::as_str)),
                known: format!("there are {}", known.join(", ")),
                key,
            });
            return problem.at(self.place(span), "no such key");
        }
        if let Some((value, known)) = names(message, "unknown variant") {
            return Problem::new(ConfigProblem::WrongValue {
                fault: format!(
                    "there is no `{value}` here{}",
                    suggestion(&value, known.iter().map(String::as_str))
                ),
                help: format!("there are {}", known.join(", ")),
            })
            .at(self.place(span), "not one of those that there are");
        }
        let is_type = message.starts_with("invalid ") || message.starts_with("no duration");
        if let (true, Some((_, expected))) = (is_type, message.rsplit_once("expected ")) {
            return Problem::new(ConfigProblem::WrongValue {
                fault: format!("a value of the wrong type: expected {expected}"),
                help: format!("write {expected}"),
            })
            .at(self.place(span), "this");
        }
        if message.contains("names no end") || message.contains("no end") {
            return Problem::new(ConfigProblem::WrongValue {
                fault: message.to_owned(),
                help: "write `KIND/NAME:SIGN=TEXT`, see `stateproof verify --help`".to_owned(),
            })
            .at(self.place(span), "this");
        }
        let yaml = Path::new(self.name)
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        let help = if yaml {
            "`--config` names a stateproof.toml; the configuration of kind or k3d is named with `--cluster-config`"
        } else {
            "correct it at this place"
        };
        Problem::new(ConfigProblem::NotToml {
            reason: message.lines().next().unwrap_or_default().to_owned(),
            help: help.to_owned(),
        })
        .at(self.place(span), "here")
    }
}

/// The name that serde does not know, and those that it does: "unknown field `a`, expected one of `b`, `c`".
fn names(message: &str, what: &str) -> Option<(String, Vec<String>)> {
    let mut quoted = message.strip_prefix(what)?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?.to_owned();
    Some((unknown, quoted.map(str::to_owned).collect()))
}

/// The nearest of the known names, as the end of a message; empty where none is near.
fn suggestion<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> String {
    let distances: BTreeMap<usize, &str> = known
        .map(|name| (strsim::damerau_levenshtein(&wrong.replace('-', "_"), name), name))
        .collect();
    match distances.first_key_value() {
        Some((distance, name)) if *distance <= NEAR && *distance < name.len() / 2 => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// The text with every byte of an inline password, and of whatever stands behind it on its line, starred: places stay
/// where they are. Of a file with texts of several lines everything is.
fn masked(text: &str) -> String {
    let has_blocks = text.contains("\"\"\"") || text.contains("'''");
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let secret = line.match_indices("password").find_map(|(at, word)| {
            let rest = &line[at + word.len()..];
            let equals = rest.find('=')?;
            let is_key = rest[..equals].trim_matches([' ', '\t', '"', '\'']).is_empty();
            is_key.then_some(at + word.len() + equals + 1)
        });
        let from = if has_blocks {
            0
        } else {
            secret.unwrap_or(line.len())
        };
        masked.push_str(&line[..from]);
        for character in line[from..].chars() {
            match character {
                '\n' | '\r' => masked.push(character),
                other => masked.extend(std::iter::repeat_n('*', other.len_utf8())),
            }
        }
    }
    masked
}
