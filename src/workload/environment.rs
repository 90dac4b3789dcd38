use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVarSource, PodSpec};

use super::DiscoverError;
use super::files::{self, MountedText};
use super::neighbours::Neighbours;
use super::references::Needed;
use crate::manifest::{Manifest, Problem};

/// A container's environment variables, as far as the set tells them. Passwords are among them: no `Debug`.
#[derive(Default)]
pub(super) struct Environment {
    variables: BTreeMap<String, (Variable, Source)>,
    /// The files in the container that the set brings, by their paths.
    files: BTreeMap<String, MountedText>,
    /// Whether something that it is imported from is not in the set; that is a problem already.
    pub(super) incomplete: bool,
}

/// A variable's value.
#[derive(Clone)]
pub(super) enum Variable {
    /// As the set gives it.
    Known(String),
    /// Known only when the pod runs; where it comes from.
    AtRuntime(&'static str),
    /// What it refers to is not in the set; that is a problem already.
    Missing,
}

/// Where a value is from.
#[derive(Clone)]
struct Source {
    /// As a sentence fragment after "from".
    told: String,
    /// Whether the value may be shown: it is not a Secret's.
    pub(super) public: bool,
}

/// A setting's value, and where it is from. It may be a password: no `Debug`.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) value: String,
    /// As a sentence fragment after "from".
    pub(super) from: String,
    pub(super) public: bool,
}

impl Setting {
    /// What the image sets where nothing is said.
    pub(super) fn default_of(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            from: "the image's default".to_owned(),
            public: true,
        }
    }

    /// What somebody says. It is not shown: a file beside the manifests may name what they keep in a Secret.
    pub(super) fn declared(value: &str, by: &str) -> Self {
        Self {
            value: value.to_owned(),
            from: by.to_owned(),
            public: false,
        }
    }

    /// The value where it may be shown, and where it is from.
    pub(super) fn told(&self) -> String {
        if self.public {
            format!("{} ({})", self.value, self.from)
        } else {
            format!("from {}", self.from)
        }
    }
}

/// A setting's value is not known; that is a problem already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsettled;

impl Environment {
    /// Resolves `envFrom` and `env` as the kubelet does: what comes later wins, `env` over `envFrom`, and
    /// `$(NAME)` stands for a variable that was defined before.
    pub(super) fn of(
        container: &Container,
        pod: &PodSpec,
        pointer: &str,
        workload: &Manifest,
        neighbours: Neighbours<'_>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut environment = Self {
            files: files::mounted(container, pod, neighbours),
            ..Self::default()
        };
        environment.import(container, pointer, workload, neighbours, problems);
        for (position, variable) in container.env.iter().flatten().enumerate() {
            let pointer = format!("{pointer}/env/{position}/valueFrom");
            let value = match &variable.value_from {
                None => {
                    Some(environment.written(variable.value.as_deref().unwrap_or_default(), &variable.name))
                }
                Some(source) => match referred(source, &pointer, workload, neighbours) {
                    Ok(value) => value,
                    Err(problem) => {
                        problems.push(problem);
                        let nowhere = Source {
                            told: String::new(),
                            public: false,
                        };
                        Some((Variable::Missing, nowhere))
                    }
                },
            };
            if let Some(value) = value {
                environment.variables.insert(variable.name.clone(), value);
            }
        }
        environment
    }

    /// A variable's value. An empty one counts as not set, as it does to the engines' images.
    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        self.set(name).map(|(variable, _)| variable)
    }

    /// A variable's value where the set tells it.
    pub(super) fn known(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Variable::Known(value) => Some(value),
            Variable::AtRuntime(_) | Variable::Missing => None,
        }
    }

    /// The text of a file in the container that the set brings.
    pub(super) fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|file| file.text.as_str())
    }

    /// A setting that has to be known beforehand, by the first of these variables that is set: its value, or none where
    /// none of them is. Of each, `NAME_FILE` is the path of a file that holds the value. What is wrong with it becomes a
    /// problem, unless it is one already.
    pub(super) fn setting(
        &self,
        names: &[&str],
        pointer: &str,
        workload: &Manifest,
        problems: &mut Vec<Problem>,
    ) -> Result<Option<Setting>, Unsettled> {
        let mut unknown = |variable: &str, source_of_value: String| {
            let error = DiscoverError::UnknownSetting {
                object: workload.to_string(),
                variable: variable.to_owned(),
                source_of_value,
            };
            let place = workload.locate(&format!("{pointer}/env"));
            problems.push(Problem::new(error).at(place, "this environment sets it"));
            Unsettled
        };
        for name in names {
            match self.set(name) {
                Some((Variable::Known(value), source)) => {
                    return Ok(Some(Setting {
                        value: value.clone(),
                        from: source.told.clone(),
                        public: source.public,
                    }));
                }
                Some((Variable::Missing, _)) => return Err(Unsettled),
                Some((Variable::AtRuntime(source), _)) => return Err(unknown(name, (*source).to_owned())),
                None => {}
            }
            let variable = format!("{name}_FILE");
            let path = match self.set(&variable) {
                Some((Variable::Known(path), _)) => path,
                Some((Variable::Missing, _)) => return Err(Unsettled),
                Some((Variable::AtRuntime(source), _)) => {
                    return Err(unknown(&variable, (*source).to_owned()));
                }
                None => continue,
            };
            let Some(file) = self.files.get(path) else {
                return Err(unknown(
                    name,
                    format!(
                        "the file {path} ({variable}), which no Secret or ConfigMap of the set is mounted as"
                    ),
                ));
            };
            return Ok(Some(Setting {
                // As a shell reads it: without the newlines at its end.
                value: file.text.trim_end_matches('\n').to_owned(),
                from: format!(
                    "the {} {}, key {}, as the file {path} ({variable})",
                    file.kind, file.name, file.key
                ),
                public: file.kind == "ConfigMap",
            }));
        }
        if self.incomplete { Err(Unsettled) } else { Ok(None) }
    }

    fn set(&self, name: &str) -> Option<&(Variable, Source)> {
        self.variables
            .get(name)
            .filter(|(variable, _)| !matches!(variable, Variable::Known(value) if value.is_empty()))
    }

    /// A value as it is written, dependent variables put in: what holds a Secret's value is as secret.
    fn written(&self, text: &str, name: &str) -> (Variable, Source) {
        let value = self.expand(text);
        let uses_secret = self
            .variables
            .iter()
            .any(|(used, (_, source))| !source.public && text.contains(&format!("$({used})")));
        let source = Source {
            told: format!("the manifest, {name}"),
            public: !uses_secret,
        };
        (value, source)
    }

    fn import(
        &mut self,
        container: &Container,
        pointer: &str,
        workload: &Manifest,
        neighbours: Neighbours<'_>,
        problems: &mut Vec<Problem>,
    ) {
        for (position, source) in container.env_from.iter().flatten().enumerate() {
            let needed = if let Some(secret) = &source.secret_ref {
                Needed {
                    kind: "Secret",
                    name: &secret.name,
                    optional: secret.optional == Some(true),
                    pointer: format!("{pointer}/envFrom/{position}/secretRef/name"),
                }
            } else if let Some(config_map) = &source.config_map_ref {
                Needed {
                    kind: "ConfigMap",
                    name: &config_map.name,
                    optional: config_map.optional == Some(true),
                    pointer: format!("{pointer}/envFrom/{position}/configMapRef/name"),
                }
            } else {
                continue;
            };
            match needed.texts(None, workload, neighbours) {
                Ok(texts) => {
                    let prefix = source.prefix.as_deref().unwrap_or_default();
                    for (key, value) in texts.unwrap_or_default() {
                        let source = Source {
                            told: format!("the {} {}, key {key}", needed.kind, needed.name),
                            public: needed.kind == "ConfigMap",
                        };
                        self.variables
                            .insert(format!("{prefix}{key}"), (Variable::Known(value), source));
                    }
                }
                Err(problem) => {
                    self.incomplete = true;
                    problems.push(problem);
                }
            }
        }
    }

    /// Replaces `$(NAME)`; `$$(NAME)` is a literal `$(NAME)`, and an unknown name stays as it is written
    /// (Kubernetes, "Define Dependent Environment Variables").
    pub(super) fn expand(&self, text: &str) -> Variable {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(literal) = rest.strip_prefix('$') {
                expanded.push('$');
                rest = literal;
                continue;
            }
            let name = rest
                .strip_prefix('(')
                .and_then(|inner| inner.split_once(')'))
                .map(|(name, _)| name);
            match name.map(|name| (name, self.variables.get(name))) {
                Some((name, Some((Variable::Known(value), _)))) => {
                    expanded.push_str(value);
                    rest = &rest[name.len() + 2..];
                }
                Some((_, Some((unknown, _)))) => return unknown.clone(),
                Some((_, None)) | None => expanded.push('$'),
            }
        }
        expanded.push_str(rest);
        Variable::Known(expanded)
    }
}

/// The value that a variable refers to; `None` when the reference is optional and leads nowhere.
fn referred(
    source: &EnvVarSource,
    pointer: &str,
    workload: &Manifest,
    neighbours: Neighbours<'_>,
) -> Result<Option<(Variable, Source)>, Problem> {
    let at_runtime = |source| {
        let told = Source {
            told: String::new(),
            public: false,
        };
        Ok(Some((Variable::AtRuntime(source), told)))
    };
    let (needed, key, field) = if let Some(secret) = &source.secret_key_ref {
        let needed = Needed {
            kind: "Secret",
            name: &secret.name,
            optional: secret.optional == Some(true),
            pointer: format!("{pointer}/secretKeyRef/name"),
        };
        (needed, &secret.key, "secretKeyRef")
    } else if let Some(config_map) = &source.config_map_key_ref {
        let needed = Needed {
            kind: "ConfigMap",
            name: &config_map.name,
            optional: config_map.optional == Some(true),
            pointer: format!("{pointer}/configMapKeyRef/name"),
        };
        (needed, &config_map.key, "configMapKeyRef")
    } else if source.field_ref.is_some() {
        return at_runtime("a field of the pod (fieldRef)");
    } else {
        return at_runtime("the container's resources or a file");
    };

    let Some(texts) = needed.texts(Some(key), workload, neighbours)? else {
        return Ok(None);
    };
    match texts.get(key) {
        Some(value) => {
            let source = Source {
                told: format!("the {} {}, key {key}", needed.kind, needed.name),
                public: needed.kind == "ConfigMap",
            };
            Ok(Some((Variable::Known(value.clone()), source)))
        }
        None if needed.optional => Ok(None),
        None => {
            let keys: Vec<String> = texts.keys().map(|key| format!("`{key}`")).collect();
            let error = DiscoverError::KeyMissing {
                object: workload.to_string(),
                kind: needed.kind,
                name: needed.name.to_owned(),
                key: key.clone(),
                found: if keys.is_empty() {
                    "none".to_owned()
                } else {
                    keys.join(", ")
                },
            };
            let place = workload.locate(&format!("{pointer}/{field}/key"));
            Err(Problem::new(error).at(place, format!("the {} has no such key", needed.kind)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependent_variables_are_expanded_as_the_kubelet_does() {
        let mut environment = Environment::default();
        for (name, value) in [("USER", "ledger"), ("PART", "$(USER)")] {
            let source = Source {
                told: String::new(),
                public: true,
            };
            environment
                .variables
                .insert(name.into(), (Variable::Known(value.into()), source));
        }
        for (text, expanded) in [
            ("$(USER)_db", "ledger_db"),
            ("$(PART)", "$(USER)"),
            ("$$(USER)", "$(USER)"),
            ("$(NOBODY)", "$(NOBODY)"),
            ("5$ and $(", "5$ and $("),
            ("plain", "plain"),
        ] {
            let Variable::Known(value) = environment.expand(text) else {
                panic!("{text} is not known");
            };
            assert_eq!(value, expanded, "{text}");
        }
    }
}
