//! The rules, a file each. A new one is a file, a line here and one in the catalogue, and its fixtures. No macro makes the
//! two lines one: rustfmt would leave the files alone.

mod catalogue;
mod prelude;
mod replication;
mod settings;
mod sp001_two_of_one_identity;
mod sp002_lost_found;
mod sp003_uncovered_data;
mod sp004_fs_group;
mod sp005_rolling_claim;
mod sp006_shared_data;
mod sp007_initialisation_budget;
mod sp008_recovery_budget;
mod sp009_mongosh_probe;
mod sp010_role_liveness;
mod sp011_unpublished_names;
mod sp012_member_addresses;
mod sp013_start_deadlock;
mod sp014_post_start_race;
mod sp015_node_bound;
mod sp016_immediate_binding;
mod sp017_missing_class;
mod sp018_stale_configuration;
mod sp019_shutdown;
mod sp020_stuck_rollout;
mod sp021_undurable;
mod sp022_power_loss;
mod sp023_write_concern;
mod sp024_read_only_write;
mod sp025_missing_program;
mod sp026_separate_databases;
mod sp027_governing_service;
mod sp028_plain_password;
mod sp029_no_readiness;
mod sp030_claims_go;
mod sp031_primary_service;
mod sp100_wrong_shape;
mod sp101_unreasoned_suppression;
mod sp102_unused_suppression;
mod sp103_unknown_field;

pub use catalogue::{catalogue, find};
pub(super) use sp101_unreasoned_suppression::RULE as SP101;
pub(super) use sp102_unused_suppression::RULE as SP102;
