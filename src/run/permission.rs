use super::preparation::Prepared;
use super::{RunError, Verification};
use crate::plan::Drill;

impl Verification {
    /// Whether the plans may be carried out on a cluster of others. Nothing has been asked of it.
    ///
    /// # Errors
    /// [`RunError::Unfit`] for a drill that was asked for and needs more than the API server; [`RunError::Forbidden`] for one
    /// that nobody has allowed there.
    pub(super) fn permit(&self, prepared: &Prepared) -> Result<(), RunError> {
        let Some(spec) = self.wanted.context() else {
            return Ok(());
        };
        for (plan, selection) in prepared.plans.iter().zip(&prepared.selections) {
            let mut beyond = plan.left_out.iter().map(|left_out| left_out.drill);
            let named = beyond.find(|drill| drill.is_done_from_the_node() && selection.names(*drill));
            if let Some(drill) = named {
                return Err(RunError::Unfit {
                    drill,
                    cluster: spec.name.clone(),
                    why: "it needs the node itself, which stateproof reaches only on clusters that it makes with kind or \
                          k3d: leave --context out, or choose another drill",
                });
            }
        }
        let planned = || {
            let mut drills: Vec<Drill> = Vec::new();
            for drill in prepared.plans.iter().flat_map(|plan| &plan.drills) {
                if !drills.contains(&drill.drill) {
                    drills.push(drill.drill);
                }
            }
            drills
        };
        let mut disruptive = planned();
        disruptive.retain(|drill| !drill.is_without_fault());
        if !disruptive.is_empty() && !spec.allow_disruption {
            return Err(RunError::Forbidden {
                drills: names(&disruptive),
                cluster: spec.name.clone(),
                flag: "--allow-disruption",
                what: "kill, delete and scale what the set brings",
            });
        }
        let mut of_nodes = planned();
        of_nodes.retain(|drill| drill.is_for_a_node());
        if !of_nodes.is_empty() && !spec.allow_node_faults {
            return Err(RunError::Forbidden {
                drills: names(&of_nodes),
                cluster: spec.name.clone(),
                flag: "--allow-node-faults",
                what: "cordon nodes, which are everybody's",
            });
        }
        Ok(())
    }
}

fn names(drills: &[Drill]) -> String {
    let names: Vec<_> = drills.iter().map(Drill::to_string).collect();
    names.join(", ")
}
