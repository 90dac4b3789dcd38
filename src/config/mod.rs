//! What cannot be seen in manifests: `stateproof.toml`, beside them or named with `--config`.
//!
//! What the command line says comes before what the file says, and of the file the table of one workload before what
//! stands at the top. A key that does not exist is an error, with the one that was probably meant.
//!
//! ```
//! use stateproof::config::Config;
//! use stateproof::plan::Drill;
//!
//! let config = Config::from_str("stateproof.toml", r#"
//! skip = ["drain"]
//! deadline = "5m"
//!
//! [workload."shop/orders"]
//! engine = "postgresql"
//! user = "ledger"
//! password_env = "PATH"
//! "#)?;
//! assert_eq!(config.skip, [Drill::Drain]);
//!
//! let problem = Config::from_str("stateproof.toml", "deadlin = 60\n").unwrap_err();
//! assert_eq!(problem.to_string(), "stateproof.toml:1:1: there is no key `deadlin`; did you mean `deadline`?");
//! # Ok::<(), stateproof::manifest::Problems>(())
//! ```

mod check;
mod declare;
mod error;
mod fault;
mod mask;
mod model;
mod read;
mod schema;
mod text;

pub use error::ConfigProblem;
pub use model::{ClusterTable, Config, ProviderName, WorkloadTable};
pub use schema::schema;
pub use text::parse_duration;
