use super::parts::{ROWS, await_all, held, planned, violated};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::{RetentionPolicy, Workload};

/// The claims go by name, and the rows with them: a read that still finds rows would show that the drills before
/// it proved nothing. Nobody writes meanwhile: rows of the new claim's would be read in place of those that must be gone.
pub fn delete_claim(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.claims.is_empty() {
        return Err("no claims: there is nothing to delete by name".to_owned());
    }
    if workload.replication.is_some() && workload.replicas > 1 {
        return Err(
            "its members replicate: the rows are on the other members too, and come back from there"
                .to_owned(),
        );
    }
    if workload.retention.when_deleted == RetentionPolicy::Delete {
        return Err("the manifest asks for the claims to go with the StatefulSet \
                    (persistentVolumeClaimRetentionPolicy.whenDeleted: Delete): none is left to delete by name"
            .to_owned());
    }
    // A new claim finds no volume where they are the set's own and stay Released: there is nothing to come back to, and
    // rows would only be left on them.
    let comes_back = !workload.claims.iter().any(|claim| claim.retained);
    let mut steps = vec![Step::Resolve, Step::InspectClaims];
    if comes_back {
        steps.push(Step::Write { rows: ROWS });
    }
    steps.extend([
        Step::DeleteStatefulSet,
        Step::InspectClaims,
        Step::DeleteClaims,
        Step::InspectClaims,
    ]);
    let mut expectations = vec![held(Promise::Retention)];
    if comes_back {
        steps.extend([Step::Reapply, await_all(workload), Step::Resolve, Step::Read]);
        expectations.push(violated(Promise::Durability));
    }
    Ok(planned(Drill::DeleteClaim, workload, steps, expectations))
}
