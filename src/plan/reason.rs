use super::{Drill, PlannedDrill};
use crate::workload::{UpdateStrategy, Workload, WorkloadKind};

/// Why a planned drill applies to its workload, as a sentence fragment.
pub(super) fn why(planned: &PlannedDrill, workload: &Workload) -> String {
    let members = workload.replicas;
    match planned.drill {
        Drill::ExpectFailure => "this end is named".to_owned(),
        Drill::Roles => "its members are a replica set".to_owned(),
        Drill::Divergence => format!("{members} members that are told of no replication"),
        Drill::Crash => "any server can be killed without a word".to_owned(),
        Drill::LosePod if workload.kind == WorkloadKind::Pod => {
            "it can be deleted, and applied again by whoever has its manifest".to_owned()
        }
        Drill::LosePod => "any pod can be deleted".to_owned(),
        Drill::ForceDelete => "any pod can be deleted by force".to_owned(),
        Drill::LoseAllPods => format!("{members} members can go together"),
        Drill::Order => format!(
            "{members} members, podManagementPolicy {:?}",
            workload.pod_management
        ),
        Drill::Scale => format!("{members} members: the last can go without the others"),
        Drill::Rollout if workload.kind == WorkloadKind::Deployment => match workload.update {
            UpdateStrategy::Recreate => {
                "strategy Recreate: the old server ends before the new one starts".to_owned()
            }
            _ => "strategy RollingUpdate: a new server starts before the old one has ended".to_owned(),
        },
        Drill::Upgrade => "another set is to be applied over it".to_owned(),
        Drill::Rollout | Drill::Drain | Drill::ScaleToZero | Drill::BadRollout | Drill::PauseNode => {
            "it is asked for by name".to_owned()
        }
        Drill::Evict => {
            let budgets: Vec<_> = workload
                .budgets
                .iter()
                .map(|budget| budget.name.as_str())
                .collect();
            format!(
                "the PodDisruptionBudget {} selects its members",
                budgets.join(", ")
            )
        }
        Drill::StepDown => format!("a replica set of {members}: another member can become PRIMARY"),
        Drill::DeleteStatefulset if workload.claims.is_empty() => {
            "it can be deleted and applied again, and has no claims that would stay".to_owned()
        }
        Drill::DeleteStatefulset => "it can be deleted, and its claims must stay".to_owned(),
        Drill::DeleteClaim => {
            "its claims can be deleted by name: what must be lost then shows that a loss would be seen"
                .to_owned()
        }
    }
}
