//! What a test of one's own manifests needs: `use stateproof::prelude::*`.
//!
//! ```no_run
//! use stateproof::prelude::*;
//!
//! #[tokio::test]
//! async fn rows_survive_losing_pod_0() -> Result<(), Box<dyn std::error::Error>> {
//!     let postgres = Verification::of(["k8s/postgres"]).cluster(ClusterSpec::for_tests());
//!     let proven = postgres.drills(&[Drill::LosePod]).run().await?;
//!     proven.assert_held();
//!     Ok(())
//! }
//! ```

pub use crate::cluster::provider::ClusterSpec;
pub use crate::config::Config;
pub use crate::plan::{Drill, End, Outcome, Promise};
pub use crate::run::{Proven, RunError, Verification};
