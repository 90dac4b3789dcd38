use super::model::Finding;
use super::view::{DrillView, Ending, POD};

/// Every member that a fault met comes back under the same name as a new pod (Kubernetes' "StatefulSet: stable network identity").
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let findings = view.met().iter().map(came_back).collect();
    Finding::worst_of(findings).unwrap_or_else(|| Finding::inconclusive("no member was met by a fault"))
}

fn came_back(view: &DrillView<'_>) -> Finding {
    let pod = &view.member.pod;
    let Some(old) = view.old_pod() else {
        return Finding::inconclusive(format!("no pod {pod} was seen before the fault"));
    };
    match view.new_pod() {
        Some(new) => Finding::held(vec![format!("{pod}: pod {old} went, {new} came")]),
        None if view.ending == Ending::Complete && !view.gap_since_fault(POD) => {
            Finding::violated(vec![format!(
                "{pod}: pod {old} went, and when the drill ended no new pod had that name"
            )])
        }
        None => Finding::inconclusive(format!("{pod}: pod {old} went, no new pod of that name was seen")),
    }
}
