use std::collections::BTreeMap;

use super::engines::{self, Marked};
use super::environment::{Setting, Unsettled};
use super::{Password, Tls, WorkloadId};

/// What somebody says of workloads that their manifests do not, by namespace and name; `stateproof.toml` for one.
///
/// ```
/// use stateproof::manifest::ManifestSet;
/// use stateproof::workload::{Declaration, Declarations, EngineKind, WorkloadId, survey};
///
/// let set = ManifestSet::from_str("db.yaml", "
/// apiVersion: v1
/// kind: Service
/// metadata: { name: db }
/// spec: { clusterIP: None, selector: { app: db } }
/// ---
/// apiVersion: apps/v1
/// kind: StatefulSet
/// metadata: { name: db }
/// spec:
///   serviceName: db
///   selector: { matchLabels: { app: db } }
///   template:
///     metadata: { labels: { app: db } }
///     spec: { containers: [{ name: db, image: our-own:3 }] }
/// ")?;
/// let id = WorkloadId { namespace: "default".into(), name: "db".into() };
/// let declaration = Declaration { engine: Some("other".into()), ..Declaration::default() };
/// let found = survey(&set, "default", &Declarations::from([(id, declaration)]))?.found.remove(0);
/// assert_eq!(found.workload.engine.kind, EngineKind::Other);
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
pub type Declarations = BTreeMap<WorkloadId, Declaration>;

/// A part of a login; none where nothing names it.
pub(super) type Asked = Result<Option<Setting>, Unsettled>;

/// What somebody says of one workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Who says so, for whoever reads the plan: `stateproof.toml`.
    pub by: String,
    /// Its engine: one of [`Declaration::ENGINES`].
    pub engine: Option<String>,
    /// The port that its server listens on.
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// That user's password.
    pub password: Option<Password>,
    /// The database to make the ledger's table in.
    pub database: Option<String>,
    /// Where the server keeps its data.
    pub data_directory: Option<String>,
    /// Whether connections to it are encrypted.
    pub tls: Option<Tls>,
    /// The certificates, in PEM, of whoever signs the server's.
    pub authority: Option<String>,
}

impl Declaration {
    /// What can be said of an engine. `other` is one that stateproof does not speak: nothing is written, the rest is
    /// proven all the same; `none` leaves the workload alone.
    pub const ENGINES: [&str; 6] = ["postgresql", "mysql", "mongodb", "http", "other", "none"];

    /// The engine, if one is named that there is.
    pub(super) fn mark(&self) -> Option<Marked> {
        engines::marked_as(self.engine.as_deref()?, &self.by)
    }

    /// The user that is declared, else the set's: where one is declared, the set is not asked.
    pub(super) fn user_or(&self, of_set: impl FnOnce() -> Asked) -> Asked {
        self.or(self.user.as_deref(), of_set)
    }

    /// The password that is declared, else the set's.
    pub(super) fn password_or(&self, of_set: impl FnOnce() -> Asked) -> Asked {
        self.or(self.password.as_ref().map(Password::reveal), of_set)
    }

    /// The database that is declared, else the set's.
    pub(super) fn database_or(&self, of_set: impl FnOnce() -> Asked) -> Asked {
        self.or(self.database.as_deref(), of_set)
    }

    fn or(&self, declared: Option<&str>, of_set: impl FnOnce() -> Asked) -> Asked {
        match declared {
            Some(value) => Ok(Some(Setting::declared(value, &self.by))),
            None => of_set(),
        }
    }
}
