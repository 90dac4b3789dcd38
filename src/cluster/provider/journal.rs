use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ClusterSpec, Layout, Lease, Process, Provider, ProviderError};

/// The format of the entries that this version writes and reads.
const FORMAT: u32 = 1;

/// What stateproof made and has not removed, a directory a cluster.
///
/// ```text
/// STATE/clusters/NAME/journal.json
/// STATE/clusters/NAME/kubeconfig
/// STATE/clusters/NAME.lock          held while somebody is at work on it
/// ```
#[derive(Clone, Debug)]
pub(super) struct Journal {
    state: PathBuf,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) format: u32,
    pub(super) name: String,
    pub(super) provider: Provider,
    /// When its creation began, by this machine's clock.
    pub(super) begun: Timestamp,
    pub(super) phase: Phase,
    pub(super) kubeconfig: PathBuf,
    pub(super) node_image: String,
    /// What is to be known of the command that made it, where it was not the version that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) untried: Option<String>,
    /// The configuration file that it was created from, if there was one.
    #[serde(default)]
    pub(super) asked: Option<Value>,
    /// The configuration that its provider was given.
    #[serde(default)]
    pub(super) config: Value,
    pub(super) keep: bool,
    pub(super) leases: Vec<Lease>,
    /// The images that were loaded into its nodes: name, and ID in the local Docker.
    #[serde(default)]
    pub(super) loaded: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub(super) enum Phase {
    /// It is being created.
    Creating {
        /// The `kind create cluster` or `k3d cluster create` that does it, and leads its process group.
        creator: Option<Process>,
    },
    /// It was created, with these nodes.
    Ready { nodes: Vec<RecordedNode> },
}

/// A node's container: another one of the same name is not ours, a restarted one has lost its tmpfs and its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedNode {
    pub(super) name: String,
    pub(super) container: String,
    pub(super) started_at: String,
}

impl Entry {
    pub(super) fn new(spec: &ClusterSpec, kubeconfig: PathBuf) -> Self {
        Self {
            format: FORMAT,
            name: spec.name.clone(),
            provider: spec.provider,
            begun: Timestamp::now(),
            phase: Phase::Creating { creator: None },
            kubeconfig,
            node_image: String::new(),
            untried: None,
            asked: match &spec.layout {
                Some(Layout::File(file)) => Some(file.json().clone()),
                _ => None,
            },
            config: Value::Null,
            keep: spec.keep,
            leases: vec![Lease::new(spec.lease)],
            loaded: BTreeMap::new(),
        }
    }

    /// Whether nobody uses it any more. A creation counts while its process lives: nobody can use half a cluster.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Creating { .. } => !self.leases.iter().any(|lease| lease.owner.is_alive()),
            Phase::Ready { .. } => !self.keep && !self.leases.iter().any(|lease| lease.holds(now)),
        }
    }
}

impl Journal {
    /// The journal in this state directory, which is made.
    pub(super) fn open(state: PathBuf) -> Result<Self, ProviderError> {
        let journal = Self { state };
        make_private(&journal.clusters())?;
        Ok(journal)
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    fn clusters(&self) -> PathBuf {
        self.state.join("clusters")
    }

    /// The cluster's directory.
    pub(super) fn dir(&self, name: &str) -> PathBuf {
        self.clusters().join(name)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir(name).join("journal.json")
    }

    pub(super) fn kubeconfig(&self, name: &str) -> PathBuf {
        self.dir(name).join("kubeconfig")
    }

    pub(super) fn lock_file(&self, name: &str) -> PathBuf {
        self.clusters().join(format!("{name}.lock"))
    }

    /// The names of all entries, readable or not, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, ProviderError> {
        let dir = self.clusters();
        let read = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&dir)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    names.extend(entry.file_name().into_string().ok());
                }
            }
            names.sort();
            Ok(names)
        };
        read().map_err(|source| ProviderError::State {
            action: "listing",
            path: dir.clone(),
            source,
        })
    }

    /// The entry, if there is one.
    pub(super) fn read(&self, name: &str) -> Result<Option<Entry>, ProviderError> {
        let path = self.file(name);
        let damaged = |reason: String| ProviderError::Damaged {
            path: path.clone(),
            reason,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(ProviderError::State {
                    action: "reading",
                    path,
                    source,
                });
            }
        };
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if entry.format != FORMAT {
            return Err(damaged(format!(
                "it has format {}, this version knows {FORMAT}",
                entry.format
            )));
        }
        if entry.name != name {
            return Err(damaged(format!("it is about {:?}", entry.name)));
        }
        Ok(Some(entry))
    }

    /// Writes the entry so that after a crash there is either the old one or the new one.
    pub(super) fn write(&self, entry: &Entry) -> Result<(), ProviderError> {
        let dir = self.dir(&entry.name);
        make_private(&dir)?;
        let (path, new) = (self.file(&entry.name), dir.join("journal.json.new"));
        let write = || -> io::Result<()> {
            let mut file = File::options()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&new)?;
            serde_json::to_writer_pretty(&mut file, entry)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            // The rename itself is in the directory.
            File::open(&dir)?.sync_all()
        };
        write().map_err(|source| ProviderError::State {
            action: "writing",
            path: path.clone(),
            source,
        })
    }

    /// Removes the cluster's directory with all that is in it.
    pub(super) fn forget(&self, name: &str) -> Result<(), ProviderError> {
        let path = self.dir(name);
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(ProviderError::State {
                action: "removing",
                path,
                source,
            }),
            _ => Ok(()),
        }
    }
}

/// A directory that only its owner may read: a kubeconfig is a key to the cluster.
fn make_private(path: &Path) -> Result<(), ProviderError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| ProviderError::State {
            action: "making",
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (tempfile::TempDir, Journal) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path().join("state")).unwrap();
        (dir, journal)
    }

    fn entry(journal: &Journal) -> Entry {
        let spec = ClusterSpec {
            name: "x".to_owned(),
            ..ClusterSpec::default()
        };
        Entry::new(&spec, journal.kubeconfig("x"))
    }

    #[test]
    fn an_entry_comes_back_as_it_was_written() {
        let (_dir, journal) = journal();
        assert_eq!(journal.read("x").unwrap(), None);
        let mut entry = entry(&journal);
        journal.write(&entry).unwrap();
        assert_eq!(journal.read("x").unwrap().as_ref(), Some(&entry));
        let node = RecordedNode {
            name: "x-control-plane".to_owned(),
            container: "abc".to_owned(),
            started_at: "2026-11-21T12:00:01Z".to_owned(),
        };
        entry.phase = Phase::Ready { nodes: vec![node] };
        journal.write(&entry).unwrap();
        assert_eq!(journal.read("x").unwrap(), Some(entry));
        assert_eq!(journal.names().unwrap(), ["x"]);
        journal.forget("x").unwrap();
        assert!(journal.names().unwrap().is_empty());
        journal.forget("x").unwrap();
    }

    #[test]
    fn a_damaged_entry_is_an_error_that_names_the_file() {
        let (_dir, journal) = journal();
        let entry = entry(&journal);
        journal.write(&entry).unwrap();
        let path = journal.file("x");
        let whole = fs::read_to_string(&path).unwrap();
        let newer = whole.replace("\"format\": 1", "\"format\": 2");
        let foreign = whole.replace("\"name\": \"x\"", "\"name\": \"y\"");
        assert!(newer != whole && foreign != whole);
        for text in [&whole[..whole.len() / 2], "", &newer, &foreign] {
            fs::write(&path, text).unwrap();
            let error = journal.read("x").unwrap_err();
            assert!(
                matches!(&error, ProviderError::Damaged { path: named, .. } if *named == path),
                "{error}"
            );
        }
    }

    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, journal) = journal();
        journal.write(&entry(&journal)).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(journal.dir("x")), 0o700);
        assert_eq!(mode(journal.file("x")), 0o600);
    }

    #[test]
    fn a_kept_cluster_never_expires_once_it_is_ready() {
        let (_dir, journal) = journal();
        let now = Timestamp::now();
        let mut entry = entry(&journal);
        assert!(!entry.is_expired(now), "this process lives");
        entry.leases[0].owner.started += 1;
        entry.leases[0].expires = Timestamp::MAX;
        entry.keep = true;
        assert!(entry.is_expired(now), "its creator is dead");
        entry.phase = Phase::Ready { nodes: Vec::new() };
        assert!(!entry.is_expired(now));
        entry.keep = false;
        assert!(!entry.is_expired(now), "the lease lasts");
        entry.leases[0].expires = now;
        assert!(entry.is_expired(now));
    }
}
