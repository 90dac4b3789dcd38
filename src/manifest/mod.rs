//! What is to be applied: Kubernetes manifests, read with the place of every field.
//!
//! A set is read from directories, files and standard input; every problem found is reported at once, with its
//! file, line and column.
//!
//! ```
//! use stateproof::manifest::ManifestSet;
//!
//! let set = ManifestSet::from_str("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: db\n")?;
//! let namespace = set.iter().next().unwrap();
//! assert_eq!((namespace.kind(), namespace.name()), ("Namespace", "db"));
//! assert_eq!(namespace.locate("/metadata/name").to_string(), "ns.yaml:4:9");
//! # Ok::<(), stateproof::manifest::Problems>(())
//! ```

mod comment;
mod edit;
mod error;
mod input;
mod object;
mod offsets;
mod order;
mod pointer;
mod problem;
mod rewrite;
mod scalar;
mod secrecy;
mod secrets;
mod set;
mod settings;
mod source;
mod spot;
mod text;
mod yaml;

pub use comment::Comment;
pub use edit::Edit;
pub use error::ManifestError;
pub use object::Manifest;
pub(crate) use pointer::{pointer_of, token};
pub use problem::{Problem, Problems};
pub use rewrite::{ImageOverrides, check_override, overridden};
pub use secrets::Secrets;
pub use set::ManifestSet;
pub use settings::Settings;
pub use source::Place;
