use crate::plan::{Drill, Expectation, Outcome, PlannedDrill, Promise, Step};
use crate::workload::{PodManagement, Workload, WorkloadKind};

/// Rows acknowledged before a fault, and again after it.
pub const ROWS: u32 = 100;

/// The member that faults are for. The first one: it exists whatever the number of members.
pub const MEMBER: u32 = 0;

/// What a member keeps that goes and comes back.
pub const KEPT: [Promise; 5] = [
    Promise::Identity,
    Promise::Storage,
    Promise::Address,
    Promise::Durability,
    Promise::Recovery,
];

/// A drill on the first member, without what a workload without claims, or one that keeps no rows, cannot show.
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
    if !workload.is_spoken() {
        steps.retain(|step| !speaks(*step));
        expectations.retain(|expectation| expectation.promise != Promise::Durability);
    } else if !workload.keeps_rows() {
        steps = steps.into_iter().filter_map(without_rows).collect();
        steps.dedup();
        expectations.retain(|expectation| expectation.promise != Promise::Durability);
    }
    PlannedDrill {
        drill,
        member: MEMBER,
        steps,
        expectations,
        ends: Vec::new(),
        change: None,
    }
}

/// Whether members are created one after the other.
pub fn is_ordered(workload: &Workload) -> bool {
    workload.kind == WorkloadKind::StatefulSet && workload.pod_management == PodManagement::OrderedReady
}

/// The wait for what a deleted workload leaves: every member, so that the next drill finds the whole set.
pub fn await_all(workload: &Workload) -> Step {
    if workload.replicas == 1 {
        Step::AwaitReady
    } else {
        Step::AwaitAllReady
    }
}

/// How many evictions the PodDisruptionBudget allows at once; none where there is no budget.
pub fn allowed_evictions(workload: &Workload) -> Result<Option<u32>, String> {
    match workload.budgets.as_slice() {
        [] => Ok(None),
        [budget] => Ok(Some(budget.allowed)),
        budgets => Err(format!(
            "{} PodDisruptionBudgets select the members: the eviction API refuses to choose between them",
            budgets.len()
        )),
    }
}

/// What is done in place of a step with rows: the server is asked for its page.
fn without_rows(step: Step) -> Option<Step> {
    match step {
        Step::Write { .. } | Step::Read => Some(Step::Get),
        Step::WriteThroughServices | Step::ReadMembers => None,
        step if step.is_about_rows() => None,
        other => Some(other),
    }
}

/// Whether a step asks the server something.
fn speaks(step: Step) -> bool {
    step.is_about_rows()
        || matches!(
            step,
            Step::Get | Step::ReadServices | Step::WriteThroughServices | Step::ReadMembers
        )
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
