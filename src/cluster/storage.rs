use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use thiserror::Error;

use super::{FIELD_MANAGER, removal};
use crate::manifest::ManifestSet;

/// Names under which clusters offer their default class: asking for one of them asks for "the default one here".
const DEFAULT_NAMES: [&str; 8] = [
    "standard",
    "local-path",
    "hostpath",
    "gp2",
    "gp3",
    "default",
    "managed-premium",
    "managed-csi",
];

const DEFAULT_ANNOTATION: &str = "storageclass.kubernetes.io/is-default-class";
pub(super) const ALIAS_ANNOTATION: &str = "stateproof.io/alias-of";

/// The run that has made an alias.
const MADE_BY: &str = "stateproof.dev/run";

/// The storage classes could not be looked at or added to.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The API server refuses.
    #[error("cannot look at the storage classes of the cluster: {0}")]
    Unreachable(#[from] Box<kube::Error>),
    /// An alias of a class that there is not.
    #[error("cannot make the storage class {alias} as an alias of {of}: the cluster has {known}")]
    NoSuchClass {
        /// The alias.
        alias: String,
        /// What it was to stand for.
        of: String,
        /// The classes that there are.
        known: String,
    },
    /// An alias by the name of a class that there is.
    #[error("cannot make the storage class {alias} as an alias of {of}: {taken}")]
    Taken {
        /// The alias.
        alias: String,
        /// What it was to stand for.
        of: String,
        /// Whose the name is.
        taken: &'static str,
    },
}

/// Makes storage classes as aliases of others, as somebody asks for it, and gives a sentence for each.
///
/// Never for a class that the set itself brings, nor for one that a PersistentVolume of the set names: its absence may
/// be the very thing to prove.
///
/// `made` is told of every class that was not there, before `run` makes it: see [`remove_aliases`]. An alias that another run
/// has made is left alone.
///
/// # Errors
/// [`StorageError`] when the API server refuses, there is no class to stand for, or one by that name is there already:
/// then none is made.
pub async fn alias_classes(
    client: &Client,
    set: &ManifestSet,
    aliases: &BTreeMap<String, String>,
    run: &str,
    made: &mut Vec<String>,
) -> Result<Vec<String>, StorageError> {
    if aliases.is_empty() {
        return Ok(Vec::new());
    }
    let (_, spoken_for) = named(set);
    let api: Api<StorageClass> = Api::all(client.clone());
    let classes = api.list(&ListParams::default()).await.map_err(Box::new)?.items;
    let find = |name: &String| classes.iter().find(|class| class.name_any() == *name);
    let mut wanted = Vec::new();
    for (name, of) in aliases {
        let taken = |taken| StorageError::Taken {
            alias: name.clone(),
            of: of.clone(),
            taken,
        };
        if spoken_for.contains(name) {
            return Err(taken(
                "the set itself has this class, or a PersistentVolume of it",
            ));
        }
        let known = find(name);
        if known.is_some_and(|class| !class.annotations().contains_key(ALIAS_ANNOTATION)) {
            return Err(taken("the cluster has a class of its own by this name"));
        }
        let Some(original) = find(of) else {
            let known: Vec<_> = classes.iter().map(ResourceExt::name_any).collect();
            return Err(StorageError::NoSuchClass {
                alias: name.clone(),
                of: of.clone(),
                known: known.join(", "),
            });
        };
        match known.and_then(|class| class.annotations().get(ALIAS_ANNOTATION)) {
            // Whoever made it takes it away.
            Some(other) if other == of => {}
            Some(_) => return Err(taken("it is an alias of another class already")),
            None => wanted.push((name, alias(name, original))),
        }
    }
    for (name, mut class) in wanted {
        // Before it is made: should this end in between, it is known by the run's name whether it is there.
        made.push(name.clone());
        class.annotations_mut().insert(MADE_BY.to_owned(), run.to_owned());
        let params = PatchParams::apply(FIELD_MANAGER).force();
        api.patch(name, &params, &Patch::Apply(&class))
            .await
            .map_err(Box::new)?;
    }
    let note = |(name, of)| format!("storage class {name} is an alias of {of} here, as was asked for");
    Ok(aliases.iter().map(note).collect())
}

/// Removes the aliases that a run has made. One that is another's, or gone, is left alone.
///
/// # Errors
/// [`StorageError::Unreachable`]: the first, after all were tried.
pub async fn remove_aliases(client: &Client, names: &[String], run: &str) -> Result<(), StorageError> {
    let api: Api<StorageClass> = Api::all(client.clone());
    let mut first = Ok(());
    for name in names {
        let removed = async {
            let found = api.get_opt(name).await?;
            let ours = found.filter(|class| class.annotations().get(MADE_BY).is_some_and(|by| by == run));
            match ours.and_then(|class| class.uid()) {
                Some(uid) => match api.delete(name, &removal::only(&uid)).await {
                    // It is gone, or somebody else's by now.
                    Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
                    answer => answer.map(drop),
                },
                None => Ok(()),
            }
        };
        first = first.and(
            removed
                .await
                .map_err(|error| StorageError::Unreachable(Box::new(error))),
        );
    }
    first
}

/// Makes the well-known default classes that the manifests ask for and the cluster lacks, as aliases of its default
/// class, and gives a sentence for each that is one.
///
/// Only for a cluster that stateproof made. Never for a class that the set itself brings, nor for one that a
/// PersistentVolume of the set names: its absence may be the very thing to prove.
///
/// # Errors
/// [`StorageError`] when the API server refuses.
pub async fn alias_default_classes(client: &Client, set: &ManifestSet) -> Result<Vec<String>, StorageError> {
    let wanted = wanted(set);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let api: Api<StorageClass> = Api::all(client.clone());
    let classes = api.list(&ListParams::default()).await.map_err(Box::new)?.items;
    let Some(default) = classes.iter().find(|class| is_default(class)) else {
        return Ok(Vec::new());
    };
    let mut notes = Vec::new();
    for name in wanted {
        let known = classes.iter().find(|class| class.name_any() == name);
        if known.is_none() {
            let params = PatchParams::apply(FIELD_MANAGER).force();
            api.patch(&name, &params, &Patch::Apply(&alias(&name, default)))
                .await
                .map_err(Box::new)?;
        }
        if known.is_none_or(|class| class.annotations().contains_key(ALIAS_ANNOTATION)) {
            notes.push(format!(
                "storage class {name} is an alias here: this cluster's own default class is {}",
                default.name_any()
            ));
        }
    }
    Ok(notes)
}

/// The well-known classes that claims of the set ask for and nothing in it brings.
fn wanted(set: &ManifestSet) -> BTreeSet<String> {
    let (mut wanted, spoken_for) = named(set);
    wanted.retain(|name| DEFAULT_NAMES.contains(&name.as_str()) && !spoken_for.contains(name));
    wanted
}

/// The classes that claims of the set ask for, and those that it brings or that its volumes are of.
fn named(set: &ManifestSet) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = |json: &serde_json::Value, pointer: &str| {
        json.pointer(pointer)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    let mut wanted = BTreeSet::new();
    let mut spoken_for = BTreeSet::new();
    for manifest in set.in_apply_order() {
        let json = manifest.json();
        match manifest.kind() {
            "StorageClass" => spoken_for.extend(text(json, "/metadata/name")),
            "PersistentVolume" => spoken_for.extend(text(json, "/spec/storageClassName")),
            "PersistentVolumeClaim" => wanted.extend(text(json, "/spec/storageClassName")),
            "StatefulSet" => {
                let templates = json
                    .pointer("/spec/volumeClaimTemplates")
                    .and_then(serde_json::Value::as_array);
                wanted.extend(
                    templates
                        .into_iter()
                        .flatten()
                        .filter_map(|claim| text(claim, "/spec/storageClassName")),
                );
            }
            _ => {}
        }
    }
    (wanted, spoken_for)
}

fn is_default(class: &StorageClass) -> bool {
    class
        .annotations()
        .get(DEFAULT_ANNOTATION)
        .is_some_and(|value| value == "true")
}

fn alias(name: &str, of: &StorageClass) -> StorageClass {
    let mut alias = of.clone();
    alias.metadata = kube::api::ObjectMeta {
        name: Some(name.to_owned()),
        annotations: Some([(ALIAS_ANNOTATION.to_owned(), of.name_any())].into()),
        ..Default::default()
    };
    alias
}
