use crate::plan::{Drill, Expectation, Outcome, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// Rows acknowledged before a fault, and again after it.
pub const ROWS: u32 = 100;

/// The member that faults are for. The first one: it exists whatever the number of members.
pub const MEMBER: u32 = 0;

/// A drill on the first member, without what a workload without claims cannot show.
pub fn planned(
    drill: Drill,
    workload: &Workload,
    mut steps: Vec<Step>,
    mut expectations: Vec<Expectation>,
) -> PlannedDrill {
    if workload.claims.is_empty() {
        steps.retain(|step| *step != Step::InspectClaims);
        let on_claims = [Promise::Storage, Promise::Retention, Promise::Exclusivity];
        expectations.retain(|expectation| !on_claims.contains(&expectation.promise));
    }
    PlannedDrill {
        drill,
        member: MEMBER,
        steps,
        expectations,
        ends: Vec::new(),
    }
}

/// A promise that must hold.
pub fn held(promise: Promise) -> Expectation {
    Expectation {
        promise,
        expected: Outcome::Held,
    }
}

/// A promise whose violation is what is to be shown.
pub fn violated(promise: Promise) -> Expectation {
    Expectation {
        promise,
        expected: Outcome::Violated,
    }
}
