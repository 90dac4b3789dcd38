use super::{Drill, Expectation, LeftOut, Outcome, Plan, PlannedDrill, Promise, Step};
use crate::workload::{RetentionPolicy, Workload};

/// Rows acknowledged before a fault, and again after it.
const ROWS: u32 = 100;

/// The member that faults are for. The first one: it exists whatever the number of members.
const MEMBER: u32 = 0;

impl Plan {
    /// Decides what will be done to a workload. Nothing is touched, and the same input gives the same plan.
    ///
    /// An empty selection stands for every drill. Whatever the order of the selection, the drills run in the
    /// order of [`Drill::ALL`]: the destructive one last. A selected drill that does not apply to the workload
    /// is left out, with the reason.
    ///
    /// ```
    /// # use stateproof::manifest::ManifestSet;
    /// # use stateproof::workload::discover;
    /// use stateproof::plan::{Drill, Plan};
    ///
    /// # let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
    /// let database = discover(&set, "default")?.remove(0);
    /// let plan = Plan::new(database.workload, &[]);
    /// let drills: Vec<Drill> = plan.drills.iter().map(|planned| planned.drill).collect();
    /// assert_eq!(drills, Drill::ALL);
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn new(workload: Workload, selection: &[Drill]) -> Self {
        let mut drills = Vec::new();
        let mut left_out = Vec::new();
        for drill in Drill::ALL {
            if !selection.is_empty() && !selection.contains(&drill) {
                continue;
            }
            match why_not(drill, &workload) {
                None => drills.push(planned(drill, &workload)),
                Some(reason) => left_out.push(LeftOut { drill, reason }),
            }
        }
        Self {
            workload,
            drills,
            left_out,
        }
    }
}

/// Why a drill does not apply.
fn why_not(drill: Drill, workload: &Workload) -> Option<String> {
    if workload.replicas == 0 {
        return Some("the manifest asks for no members".to_owned());
    }
    if drill != Drill::DeleteClaim {
        return None;
    }
    if workload.claims.is_empty() {
        Some("no claims: there is nothing to delete by name".to_owned())
    } else if workload.retention.when_deleted == RetentionPolicy::Delete {
        Some(
            "the manifest asks for the claims to go with the StatefulSet \
             (persistentVolumeClaimRetentionPolicy.whenDeleted: Delete): none is left to delete by name"
                .to_owned(),
        )
    } else {
        None
    }
}

fn planned(drill: Drill, workload: &Workload) -> PlannedDrill {
    let has_claims = !workload.claims.is_empty();
    let (mut steps, mut expectations) = match drill {
        Drill::LosePod => lose_pod(None),
        Drill::ForceDelete => lose_pod(Some(0)),
        Drill::DeleteStatefulset => delete_stateful_set(),
        Drill::DeleteClaim => delete_claim(),
    };
    if !has_claims {
        steps.retain(|step| *step != Step::InspectClaims);
        expectations
            .retain(|expectation| !matches!(expectation.promise, Promise::Storage | Promise::Retention));
    }
    PlannedDrill {
        drill,
        member: MEMBER,
        steps,
        expectations,
    }
}

/// The pod goes while rows are being written; everything else must stay.
fn lose_pod(grace_seconds: Option<u32>) -> (Vec<Step>, Vec<Expectation>) {
    let steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::DeletePod { grace_seconds },
        Step::AwaitReady,
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Address),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    (steps, expectations)
}

/// The StatefulSet goes; its claims must stay, and the rows on them. What the manifest asks for does not change
/// what is expected: with `whenDeleted: Delete` the promise is broken, and the manifest is why.
fn delete_stateful_set() -> (Vec<Step>, Vec<Expectation>) {
    let steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::DeleteStatefulSet,
        Step::InspectClaims,
        Step::Reapply,
        Step::AwaitReady,
        Step::Resolve,
        Step::Write { rows: ROWS },
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Identity),
        held(Promise::Retention),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    (steps, expectations)
}

/// The claims go by name, and the rows with them: a read that still finds rows would show that the drills before
/// it proved nothing.
fn delete_claim() -> (Vec<Step>, Vec<Expectation>) {
    let steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::DeleteStatefulSet,
        Step::InspectClaims,
        Step::DeleteClaims,
        Step::InspectClaims,
        Step::Reapply,
        Step::AwaitReady,
        Step::Resolve,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Retention),
        Expectation {
            promise: Promise::Durability,
            expected: Outcome::Violated,
        },
    ];
    (steps, expectations)
}

fn held(promise: Promise) -> Expectation {
    Expectation {
        promise,
        expected: Outcome::Held,
    }
}
