use crate::lint::Rule;

use super::{
    sp001_two_of_one_identity, sp002_lost_found, sp003_uncovered_data, sp004_fs_group, sp005_rolling_claim,
    sp006_shared_data, sp007_initialisation_budget, sp008_recovery_budget, sp009_mongosh_probe,
    sp010_role_liveness, sp011_unpublished_names, sp012_member_addresses, sp013_start_deadlock,
    sp014_post_start_race, sp015_node_bound, sp016_immediate_binding, sp017_missing_class,
    sp018_stale_configuration, sp019_shutdown, sp020_stuck_rollout, sp021_undurable, sp022_power_loss,
    sp023_write_concern, sp024_read_only_write, sp025_missing_program, sp026_separate_databases,
    sp027_governing_service, sp028_plain_password, sp029_no_readiness, sp030_claims_go,
    sp031_primary_service, sp100_wrong_shape, sp101_unreasoned_suppression, sp102_unused_suppression,
};

/// Every rule, in the order of their identifiers.
static CATALOGUE: [&Rule; 34] = [
    &sp001_two_of_one_identity::RULE,
    &sp002_lost_found::RULE,
    &sp003_uncovered_data::RULE,
    &sp004_fs_group::RULE,
    &sp005_rolling_claim::RULE,
    &sp006_shared_data::RULE,
    &sp007_initialisation_budget::RULE,
    &sp008_recovery_budget::RULE,
    &sp009_mongosh_probe::RULE,
    &sp010_role_liveness::RULE,
    &sp011_unpublished_names::RULE,
    &sp012_member_addresses::RULE,
    &sp013_start_deadlock::RULE,
    &sp014_post_start_race::RULE,
    &sp015_node_bound::RULE,
    &sp016_immediate_binding::RULE,
    &sp017_missing_class::RULE,
    &sp018_stale_configuration::RULE,
    &sp019_shutdown::RULE,
    &sp020_stuck_rollout::RULE,
    &sp021_undurable::RULE,
    &sp022_power_loss::RULE,
    &sp023_write_concern::RULE,
    &sp024_read_only_write::RULE,
    &sp025_missing_program::RULE,
    &sp026_separate_databases::RULE,
    &sp027_governing_service::RULE,
    &sp028_plain_password::RULE,
    &sp029_no_readiness::RULE,
    &sp030_claims_go::RULE,
    &sp031_primary_service::RULE,
    &sp100_wrong_shape::RULE,
    &sp101_unreasoned_suppression::RULE,
    &sp102_unused_suppression::RULE,
];

/// Every rule, in the order of their identifiers.
#[must_use]
pub fn catalogue() -> &'static [&'static Rule] {
    &CATALOGUE
}

/// The rule of this identifier, in whatever case it is written.
///
/// ```
/// assert_eq!(stateproof::lint::find("sp028").unwrap().id, "SP028");
/// assert!(stateproof::lint::find("SP999").is_none());
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    CATALOGUE
        .iter()
        .find(|rule| rule.id.eq_ignore_ascii_case(id))
        .copied()
}
