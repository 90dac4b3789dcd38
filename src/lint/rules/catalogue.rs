use crate::lint::Rule;

/// Every rule, in the order of their identifiers.
static CATALOGUE: &[&Rule] = &[
    &super::sp001_two_of_one_identity::RULE,
    &super::sp002_lost_found::RULE,
    &super::sp003_uncovered_data::RULE,
    &super::sp004_fs_group::RULE,
    &super::sp005_rolling_claim::RULE,
    &super::sp006_shared_data::RULE,
    &super::sp007_initialisation_budget::RULE,
    &super::sp008_recovery_budget::RULE,
    &super::sp009_mongosh_probe::RULE,
    &super::sp010_role_liveness::RULE,
    &super::sp011_unpublished_names::RULE,
    &super::sp012_member_addresses::RULE,
    &super::sp013_start_deadlock::RULE,
    &super::sp014_post_start_race::RULE,
    &super::sp015_node_bound::RULE,
    &super::sp016_immediate_binding::RULE,
    &super::sp017_missing_class::RULE,
    &super::sp018_stale_configuration::RULE,
    &super::sp019_shutdown::RULE,
    &super::sp020_stuck_rollout::RULE,
    &super::sp021_undurable::RULE,
    &super::sp022_power_loss::RULE,
    &super::sp023_write_concern::RULE,
    &super::sp024_read_only_write::RULE,
    &super::sp025_missing_program::RULE,
    &super::sp026_separate_databases::RULE,
    &super::sp027_governing_service::RULE,
    &super::sp028_plain_password::RULE,
    &super::sp029_no_readiness::RULE,
    &super::sp030_claims_go::RULE,
    &super::sp031_primary_service::RULE,
    &super::sp100_wrong_shape::RULE,
    &super::sp101_unreasoned_suppression::RULE,
    &super::sp102_unused_suppression::RULE,
    &super::sp103_unknown_field::RULE,
];

/// Every rule, in the order of their identifiers.
#[must_use]
pub fn catalogue() -> &'static [&'static Rule] {
    CATALOGUE
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
