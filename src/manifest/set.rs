use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::input::{self, Input};
use super::source::Source;
use super::spot::{Document, Parts};
use super::text::Text;
use super::{Manifest, ManifestError, Place, Problem, Problems, order};

/// The Kubernetes objects of some directories, files or standard input, in the order in which they were read.
#[derive(Clone, Debug)]
pub struct ManifestSet {
    pub(super) manifests: Vec<Manifest>,
    /// Positions by kind: in a set of thousands what refers to what is found without looking at all of it.
    by_kind: HashMap<String, Vec<usize>>,
    /// Where the objects of a name are: a large set refers to itself by names.
    by_name: HashMap<String, Vec<usize>>,
}

impl ManifestSet {
    /// Reads manifests from files, from directories with everything below them, and from standard input (`-`).
    ///
    /// Of a directory, `*.yaml`, `*.yml` and `*.json` are read in the order of their names, nothing whose name
    /// begins with a dot, and every file once, whatever links lead to it. A file may hold several YAML documents;
    /// lists (`List`, `ConfigMapList` …) are taken apart. YAML means what it means to kubectl: unquoted `yes`,
    /// `no`, `on` and `off` are booleans, `0644` is octal. A key that stands twice in a mapping is refused.
    ///
    /// # Errors
    /// Everything that is wrong with the inputs, all at once: what does not exist or cannot be read, what is not
    /// YAML or JSON, what is no Kubernetes object, kustomizations and Helm charts (which have to be rendered
    /// first), and inputs that hold no object at all.
    pub fn read(inputs: &[PathBuf]) -> Result<Self, Problems> {
        let (texts, problems) = input::read_all(inputs);
        let names: Vec<String> = inputs.iter().map(|input| input.display().to_string()).collect();
        Self::collect(texts, problems, &names.join(", "))
    }

    /// Reads manifests from a text. The name stands for the file's in messages.
    ///
    /// ```
    /// use stateproof::manifest::ManifestSet;
    ///
    /// let problems = ManifestSet::from_str("db.yaml", "apiVersion: v1\nkind: Service\n").unwrap_err();
    /// assert_eq!(
    ///     problems.to_string(),
    ///     "db.yaml:1:1: not a Kubernetes object: `metadata.name` is missing",
    /// );
    /// ```
    ///
    /// # Errors
    /// As [`ManifestSet::read`].
    pub fn from_str(name: &str, text: &str) -> Result<Self, Problems> {
        let input = Input {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        Self::collect(vec![input], Vec::new(), name)
    }

    /// The manifests in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.iter()
    }

    /// The manifests of a kind, in the order in which they were read.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Manifest> {
        let positions = self.by_kind.get(kind).into_iter().flatten();
        positions.map(|position| &self.manifests[*position])
    }

    /// The manifests of this name, whatever their kind and namespace, in the order in which they were read.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Manifest> {
        let positions = self.by_name.get(name).into_iter().flatten();
        positions.map(|&position| &self.manifests[position])
    }

    /// The manifests in the order in which they are applied: namespaces, custom resource definitions, volumes and
    /// their classes, accounts and rights, Secrets and ConfigMaps, claims, Services, anything else, and last what
    /// makes pods. Within each, the order in which they were read.
    #[must_use]
    pub fn in_apply_order(&self) -> Vec<&Manifest> {
        let mut ordered: Vec<&Manifest> = self.iter().collect();
        ordered.sort_by_key(|manifest| order::rank(manifest));
        ordered
    }

    /// Every image that a container of the set's pods names, each once, in the order in which they were read.
    #[must_use]
    pub fn images(&self) -> Vec<&str> {
        let mut images = Vec::new();
        for image in self.iter().flat_map(Manifest::images) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }

    /// The objects of both sets: what is in both, perhaps differently, is in it twice.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::indexed(self.iter().chain(other.iter()).cloned().collect())
    }

    fn collect(inputs: Vec<Input>, mut problems: Vec<Problem>, names: &str) -> Result<Self, Problems> {
        let mut manifests = Vec::new();
        for input in inputs {
            for outcome in manifests_of(input) {
                match outcome {
                    Ok(manifest) => manifests.push(manifest),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        let manifests = without_repetitions(manifests, &mut problems);
        if manifests.is_empty() && problems.is_empty() {
            let path = names.to_owned();
            problems.push(Problem::new(ManifestError::NoManifests { path }));
        }
        Problems::check(problems)?;
        Ok(Self::indexed(manifests))
    }

    fn indexed(manifests: Vec<Manifest>) -> Self {
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, manifest) in manifests.iter().enumerate() {
            let kinds = by_kind.entry(manifest.kind().to_owned()).or_default();
            kinds.push(position);
            let names = by_name.entry(manifest.name().to_owned()).or_default();
            names.push(position);
        }
        Self {
            manifests,
            by_kind,
            by_name,
        }
    }
}

fn manifests_of(input: Input) -> Vec<Result<Manifest, Problem>> {
    let text = match Text::parse(input) {
        Ok(text) => text,
        Err(problem) => return vec![Err(problem)],
    };
    let mut outcomes = Vec::new();
    for document in text.documents {
        if !document.value.is_null() {
            flatten(&text.source, document, &mut outcomes);
        }
    }
    outcomes.extend(text.problem.map(Err));
    outcomes
}

/// Takes a document, and lists apart.
fn flatten(source: &Arc<Source>, document: Document, outcomes: &mut Vec<Result<Manifest, Problem>>) {
    let field = |name: &str| {
        document
            .value
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let (kind, version) = (field("kind"), field("apiVersion"));
    let kustomization = version
        .as_deref()
        .is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"));
    if kustomization || input::is_kustomization(source.name()) {
        let place = Place::new(Arc::clone(source), document.spot.mark(source.text()));
        outcomes.push(Err(
            Problem::new(ManifestError::Kustomization).at(place, "this is a recipe for manifests")
        ));
        return;
    }
    let item_kind = kind.as_deref().and_then(|kind| kind.strip_suffix("List"));
    let (Some(item_kind), Value::Object(mut fields)) = (item_kind, document.value.clone()) else {
        outcomes.push(Manifest::new(source, document));
        return;
    };
    let (Some(Value::Array(items)), Parts::Fields(mut spots)) =
        (fields.remove("items"), document.spot.parts.clone())
    else {
        outcomes.push(Manifest::new(source, document));
        return;
    };
    let spots = spots.remove("items").unwrap_or_default();
    for (position, mut value) in items.into_iter().enumerate() {
        // The items of a typed list, `ConfigMapList`, need not say what they are.
        if let (Value::Object(item), false) = (&mut value, item_kind.is_empty()) {
            item.entry("kind").or_insert_with(|| item_kind.into());
            if let Some(version) = &version {
                item.entry("apiVersion")
                    .or_insert_with(|| version.as_str().into());
            }
        }
        let spot = spots.nearest(&format!("/{position}")).clone();
        flatten(source, Document { value, spot }, outcomes);
    }
}

/// Leaves out what is declared twice alike; what is declared twice differently is a problem.
fn without_repetitions(manifests: Vec<Manifest>, problems: &mut Vec<Problem>) -> Vec<Manifest> {
    let mut kept: Vec<Manifest> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for manifest in manifests {
        // The same kind of another group is another kind; of another version, the same.
        let group = manifest
            .api_version()
            .rsplit_once('/')
            .map_or("", |(group, _)| group);
        let Some(&first) = known.get(&format!("{group} {manifest}")) else {
            known.insert(format!("{group} {manifest}"), kept.len());
            kept.push(manifest);
            continue;
        };
        if kept[first].json() != manifest.json() {
            let error = ManifestError::DeclaredTwice {
                object: manifest.to_string(),
                first: kept[first].place().to_string(),
            };
            problems.push(
                Problem::new(error)
                    .at(manifest.place(), "again here")
                    .at(kept[first].place(), "first here"),
            );
        }
    }
    kept
}
