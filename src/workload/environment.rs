use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVarSource};

use super::DiscoverError;
use super::neighbours::Neighbours;
use super::references::Needed;
use crate::manifest::{Manifest, Problem};

/// A container's environment variables, as far as the set tells them. Passwords are among them: no `Debug`.
#[derive(Default)]
pub(super) struct Environment {
    variables: BTreeMap<String, Variable>,
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

/// A setting's value is not known; that is a problem already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsettled;

impl Environment {
    /// Resolves `envFrom` and `env` as the kubelet does: what comes later wins, `env` over `envFrom`, and
    /// `$(NAME)` stands for a variable that was defined before.
    pub(super) fn of(
        container: &Container,
        pointer: &str,
        workload: &Manifest,
        neighbours: Neighbours<'_>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut environment = Self::default();
        environment.import(container, pointer, workload, neighbours, problems);
        for (position, variable) in container.env.iter().flatten().enumerate() {
            let pointer = format!("{pointer}/env/{position}/valueFrom");
            let value = match &variable.value_from {
                None => Some(environment.expand(variable.value.as_deref().unwrap_or_default())),
                Some(source) => match referred(source, &pointer, workload, neighbours) {
                    Ok(value) => value,
                    Err(problem) => {
                        problems.push(problem);
                        Some(Variable::Missing)
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
        self.variables
            .get(name)
            .filter(|variable| !matches!(variable, Variable::Known(value) if value.is_empty()))
    }

    /// A variable's value where the set tells it.
    pub(super) fn known(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Variable::Known(value) => Some(value),
            Variable::AtRuntime(_) | Variable::Missing => None,
        }
    }

    /// A setting that has to be known beforehand: its value, or none where it is not set. What is wrong with it becomes
    /// a problem, unless it is one already.
    pub(super) fn setting(
        &self,
        variable: &str,
        pointer: &str,
        workload: &Manifest,
        problems: &mut Vec<Problem>,
    ) -> Result<Option<String>, Unsettled> {
        match self.get(variable) {
            Some(Variable::Known(value)) => Ok(Some(value.clone())),
            None if self.incomplete => Err(Unsettled),
            None => Ok(None),
            Some(Variable::Missing) => Err(Unsettled),
            Some(Variable::AtRuntime(source)) => {
                let error = DiscoverError::UnknownSetting {
                    object: workload.to_string(),
                    variable: variable.to_owned(),
                    source_of_value: source,
                };
                let place = workload.locate(&format!("{pointer}/env"));
                problems.push(Problem::new(error).at(place, "this environment sets it"));
                Err(Unsettled)
            }
        }
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
            match needed.texts(workload, neighbours) {
                Ok(texts) => {
                    let prefix = source.prefix.as_deref().unwrap_or_default();
                    for (key, value) in texts.unwrap_or_default() {
                        self.variables
                            .insert(format!("{prefix}{key}"), Variable::Known(value));
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
                Some((name, Some(Variable::Known(value)))) => {
                    expanded.push_str(value);
                    rest = &rest[name.len() + 2..];
                }
                Some((_, Some(unknown))) => return unknown.clone(),
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
) -> Result<Option<Variable>, Problem> {
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
        return Ok(Some(Variable::AtRuntime("a field of the pod (fieldRef)")));
    } else {
        return Ok(Some(Variable::AtRuntime("the container's resources or a file")));
    };

    let Some(texts) = needed.texts(workload, neighbours)? else {
        return Ok(None);
    };
    match texts.get(key) {
        Some(value) => Ok(Some(Variable::Known(value.clone()))),
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
            environment
                .variables
                .insert(name.into(), Variable::Known(value.into()));
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
