use super::{Drill, LeftOut, Plan, PlannedDrill, Promise, Selection, drills};
use crate::workload::{Workload, WorkloadKind};

impl Plan {
    /// Decides what will be done to a workload. Nothing is touched, and the same input gives the same plan.
    ///
    /// An empty selection stands for every drill that is run unasked. Whatever the order of the selection, the drills
    /// run in the order of [`Drill::ALL`]: the destructive one last. A drill that does not apply to the workload is
    /// left out, with the reason; so is one that is to be skipped, and one that promises nothing of what is wanted.
    ///
    /// ```
    /// # use stateproof::manifest::ManifestSet;
    /// # use stateproof::workload::discover;
    /// use stateproof::plan::{Drill, Plan, Selection};
    ///
    /// # let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
    /// let database = discover(&set, "default")?.remove(0);
    /// let plan = Plan::new(database.workload, &Selection::default());
    /// let drills: Vec<Drill> = plan.drills.iter().map(|planned| planned.drill).collect();
    /// assert_eq!(drills, [Drill::Crash, Drill::LosePod, Drill::ForceDelete, Drill::DeleteStatefulset, Drill::DeleteClaim]);
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn new(workload: Workload, selection: &Selection) -> Self {
        let mut drills = Vec::new();
        let mut left_out = Vec::new();
        for drill in Drill::ALL {
            let wanted = match drill {
                Drill::ExpectFailure => !selection.ends.is_empty(),
                _ if !selection.ends.is_empty() => false,
                Drill::Upgrade => selection.upgrade.is_some() || selection.names(drill),
                _ if selection.upgrade.is_some() => false,
                _ => selection.drills.is_empty() || selection.names(drill),
            };
            if !wanted {
                continue;
            }
            match planned(drill, &workload, selection) {
                Ok(planned) => drills.push(planned),
                Err(reason) => left_out.push(LeftOut { drill, reason }),
            }
        }
        Self {
            workload,
            drills,
            left_out,
            rounds: selection.rounds,
        }
    }
}

/// A drill as it will run, with no other promises than those that are wanted, or why it does not apply.
fn planned(drill: Drill, workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    let mut planned = applied(drill, workload, selection)?;
    if !selection.only.is_empty() {
        let wanted = &selection.only;
        planned
            .expectations
            .retain(|expectation| wanted.contains(&expectation.promise));
        if planned.expectations.is_empty() {
            let names: Vec<_> = wanted.iter().map(Promise::to_string).collect();
            return Err(format!("it promises nothing of {}", names.join(", ")));
        }
    }
    Ok(planned)
}

/// A drill as it would run, or why it does not apply.
fn applied(drill: Drill, workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if selection.skip.contains(&drill) {
        return Err("it is to be skipped".to_owned());
    }
    if selection.without_nodes && drill.is_done_from_the_node() {
        return Err(
            "done from the node itself, and the nodes of a cluster that stateproof did not make are out of reach".to_owned(),
        );
    }
    if workload.replicas == 0 {
        return Err("the manifest asks for no members".to_owned());
    }
    match drill {
        Drill::ExpectFailure => drills::expect_failure(workload, selection),
        Drill::Crash => Ok(drills::crash(workload)),
        _ if workload.kind == WorkloadKind::Pod => drills::of_bare_pod(drill, workload),
        Drill::Upgrade => drills::upgrade(workload, selection),
        Drill::BadRollout => drills::bad_rollout(workload, selection),
        _ if workload.kind == WorkloadKind::Deployment => drills::of_deployment(drill, workload),
        Drill::Roles => drills::roles(workload),
        Drill::Divergence => drills::divergence(workload),
        Drill::StepDown => drills::step_down(workload),
        Drill::LosePod => Ok(drills::lose_pod(workload)),
        Drill::ForceDelete => Ok(drills::force_delete(workload)),
        Drill::DeleteStatefulset => Ok(drills::delete_stateful_set(workload)),
        Drill::DeleteClaim => drills::delete_claim(workload),
        Drill::LoseAllPods => drills::lose_all_pods(workload),
        Drill::Order => drills::order(workload),
        Drill::Scale => drills::scale(workload),
        Drill::ScaleToZero => drills::scale_to_zero(workload, selection),
        Drill::Rollout => drills::rollout(workload, selection),
        Drill::Evict => drills::evict(workload),
        Drill::Drain => drills::drain(workload, selection),
        Drill::PauseNode => drills::pause_node(workload, selection),
    }
}
