use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::Verification;
use super::preparation::Prepared;
use crate::config::WorkloadTable;
use crate::manifest::{ImageOverrides, Manifest, ManifestSet, Secrets};
use crate::plan::{End, Rounds, Selection};
use crate::vantage::DEFAULT_IMAGE;
use crate::workload::{Password, Workload};

/// How long a member may take to become Ready and its server to accept a session, where nothing else is said.
const DEADLINE: Duration = Duration::from_mins(3);

/// What holds where the command line and the configuration may both speak: the command line comes first.
impl Verification {
    /// The set as it is to run: with other images and Secrets to pull them with, where somebody asks for that.
    pub(super) fn rewritten(&self, set: ManifestSet) -> (ManifestSet, Vec<String>) {
        let (set, notes) = set.with_images(&self.overrides());
        match &self.config {
            Some(config) => (set.with_pull_secrets(&config.image_pull_secrets), notes),
            None => (set, notes),
        }
    }

    pub(super) fn overrides(&self) -> ImageOverrides {
        let config = self.config.as_ref();
        let mut overrides = config
            .map(|config| config.image_overrides.clone())
            .unwrap_or_default();
        overrides.extend(self.image_overrides.clone());
        overrides
    }

    /// The ends that are named: on the command line, else in the configuration.
    pub(super) fn ends(&self) -> Vec<End> {
        match &self.config {
            _ if !self.next.is_empty() => Vec::new(),
            Some(config) if !self.selects() => {
                let tables = config.workload.values().flat_map(|table| &table.expect_failure);
                config.expect_failure.iter().chain(tables).cloned().collect()
            }
            _ => self.selection.ends.clone(),
        }
    }

    /// Whether the command line says what is to be done.
    fn selects(&self) -> bool {
        let Selection {
            drills,
            skip,
            only,
            ends,
            ..
        } = &self.selection;
        !(drills.is_empty() && skip.is_empty() && only.is_empty() && ends.is_empty())
    }

    /// What is asked for of a workload: on the command line, else in its own table, else at the configuration's top.
    pub(super) fn selection_of(&self, workload: &Workload, run_namespace: &str, ends: &[End]) -> Selection {
        let table = self.table(workload, run_namespace);
        let config = self.config.as_deref();
        Selection {
            drills: first(&[
                Some(&self.selection.drills),
                table.map(|table| &table.drills),
                config.map(|config| &config.drills),
            ]),
            skip: first(&[
                Some(&self.selection.skip),
                table.map(|table| &table.skip),
                config.map(|config| &config.skip),
            ]),
            only: first(&[
                Some(&self.selection.only),
                table.map(|table| &table.only),
                config.map(|config| &config.only),
            ]),
            ends: ends.to_vec(),
            upgrade: None,
            without_nodes: self.wanted.context().is_some(),
            // An upgrade is gone through once.
            rounds: Rounds::asked(self.repeat, self.duration, self.seed).filter(|_| self.next.is_empty()),
        }
    }

    fn table(&self, workload: &Workload, run_namespace: &str) -> Option<&WorkloadTable> {
        self.config.as_ref()?.table_of(&workload.id(), run_namespace)
    }

    /// How long one of a workload's members may take.
    pub(super) fn deadline_of(&self, workload: &Workload, run_namespace: &str) -> Duration {
        let config = self.config.as_ref();
        let config = config.and_then(|config| config.deadline_of(&workload.id(), run_namespace));
        self.deadline.or(config).unwrap_or(DEADLINE)
    }

    /// How long anything may take of which nothing else is said.
    pub(super) fn any_deadline(&self) -> Duration {
        let config = self.config.as_ref().and_then(|config| config.deadline);
        self.deadline.or(config).unwrap_or(DEADLINE)
    }

    pub(super) fn vantage_image_used(&self) -> &str {
        let config = self
            .config
            .as_ref()
            .and_then(|config| config.vantage_image.as_deref());
        self.vantage_image.as_deref().or(config).unwrap_or(DEFAULT_IMAGE)
    }

    /// The Secrets of the set that its images are pulled with, for the vantage's image too: of several of a name the one
    /// that is beside it.
    pub(super) fn pull_secrets<'p>(&self, prepared: &'p Prepared) -> Vec<&'p Value> {
        let names = self.config.iter().flat_map(|config| &config.image_pull_secrets);
        let names: BTreeSet<&String> = names.collect();
        let found = names.into_iter().filter_map(|name| {
            let secrets = prepared.set.of_kind("Secret");
            let elsewhere = |secret: &&Manifest| {
                let namespace = secret.namespace();
                namespace.is_some_and(|namespace| namespace != prepared.run_namespace)
            };
            secrets
                .filter(|secret| secret.name() == name)
                .min_by_key(elsewhere)
        });
        found.map(Manifest::json).collect()
    }

    pub(super) fn initiates(&self) -> bool {
        let config = self
            .config
            .as_ref()
            .and_then(|config| config.initiate_replica_set);
        self.initiate_replica_set || config == Some(true)
    }

    /// Storage classes to make as aliases: on a cluster of others only those that the command line asks for.
    pub(super) fn aliases(&self) -> BTreeMap<String, String> {
        let own = self.config.as_ref().filter(|_| self.wanted.context().is_none());
        let mut aliases = own
            .map(|config| config.storage_classes.clone())
            .unwrap_or_default();
        aliases.extend(self.storage_classes.clone());
        aliases
    }

    /// A sentence on the storage classes that the configuration names and that are not made.
    pub(super) fn unmade_classes(&self) -> Option<String> {
        let made = self.aliases();
        let classes = self.config.iter().flat_map(|config| &config.storage_classes);
        let unmade: Vec<_> = classes.filter(|(name, _)| !made.contains_key(*name)).collect();
        let (first, class) = unmade.first()?;
        let names: Vec<_> = unmade.iter().map(|(name, _)| name.as_str()).collect();
        Some(format!(
            "not made on a cluster of others, although the configuration names them: the storage classes {}; \
             `--storage-class {first}={class}` asks for one",
            names.join(", ")
        ))
    }

    /// What no output may show: what the set keeps secret, and what the configuration does.
    pub(super) fn secrets(&self, set: &ManifestSet) -> Secrets {
        let passwords = self.config.iter().flat_map(|config| config.passwords());
        Secrets::of(set).and(passwords.map(Password::reveal))
    }
}

/// The first that says anything.
fn first<T: Clone>(lists: &[Option<&Vec<T>>]) -> Vec<T> {
    let mut lists = lists.iter().flatten();
    lists
        .find(|list| !list.is_empty())
        .map(|list| (*list).clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Verification;
    use crate::config::Config;

    const SET: &str = "
apiVersion: v1
kind: Secret
metadata: { name: regcred, namespace: elsewhere }
---
apiVersion: v1
kind: Secret
metadata: { name: regcred }
---
apiVersion: v1
kind: Secret
metadata: { name: of-shop, namespace: shop }
---
apiVersion: v1
kind: Secret
metadata: { name: unnamed }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: postgres, env: [{ name: POSTGRES_PASSWORD, value: x }] }] }
";

    #[test]
    fn the_vantage_pulls_with_the_named_secrets_of_the_set() {
        let directory = tempfile::tempdir().unwrap();
        let set = directory.path().join("set.yaml");
        std::fs::write(&set, SET).unwrap();
        let pulled_with = |settings: &str| {
            let file = directory.path().join("stateproof.toml");
            std::fs::write(&file, settings).unwrap();
            let verification = Verification::of([&set]).config(Config::read(&file).unwrap());
            let prepared = verification.prepare().unwrap();
            let secrets = verification.pull_secrets(&prepared);
            let names = secrets.iter().map(|secret| {
                let metadata = &secret["metadata"];
                let text = |key: &str| metadata[key].as_str().unwrap_or("-").to_owned();
                (text("name"), text("namespace"))
            });
            names.collect::<Vec<_>>()
        };
        let named = |name: &str, namespace: &str| (name.to_owned(), namespace.to_owned());
        assert_eq!(
            pulled_with("image_pull_secrets = [\"regcred\", \"of-shop\", \"regcred\", \"absent\"]\n"),
            [named("of-shop", "shop"), named("regcred", "-")]
        );
        assert_eq!(pulled_with(""), []);
    }
}
