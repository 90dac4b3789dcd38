//! What a set of manifests declares, in Kubernetes' own types, with the place of every field: what can be judged before
//! there is a cluster, and whether or not there is a database that could be proven.
//!
//! [`super::discover`] finds what a run needs and refuses what cannot run; this takes everything as it stands.
//!
//! ```
//! use stateproof::manifest::ManifestSet;
//! use stateproof::workload::declared::Inventory;
//!
//! let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
//! let inventory = Inventory::of(&set, "default");
//! let postgres = &inventory.pods[0];
//! assert_eq!(postgres.server().unwrap().data_directory, "/var/lib/postgresql/data/pgdata");
//! assert_eq!(postgres.at("containers/0/image").line(), 20);
//! # Ok::<(), stateproof::manifest::Problems>(())
//! ```

mod claims;
mod command;
mod container;
mod inventory;
mod maker;
mod object;
mod settings;
mod shell;
mod snippet;

pub use claims::{MountedClaim, Source};
pub use command::Command;
pub use container::{ContainerKind, DeclaredContainer, ProbeKind};
pub use inventory::Inventory;
pub use maker::{Made, PodMaker, Server};
pub use object::Declared;
pub use settings::Setting;
pub use shell::simple_commands;
pub use snippet::Snippet;
