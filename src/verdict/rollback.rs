use super::model::Finding;
use super::sighting::Sighting;
use super::times::seconds;
use super::view::{DrillView, Ending};
use crate::history::Fault;
use crate::workload::WorkloadKind;

/// A rollout that cannot come to an end is over once the template is set back: nobody has to delete a pod.
///
/// Source: Kubernetes, "StatefulSets", "Forced rollback"; kubernetes/kubernetes issue 67250.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let (Some(broken), Some(mended)) = (view.fault(Fault::BreakImage), view.fault(Fault::MendImage)) else {
        return Finding::inconclusive("the image was not changed and set back");
    };
    let Some(stuck) = first_without_image(view, broken.place, mended.place) else {
        return Finding::inconclusive("no pod was seen without its image: there was nothing to take back");
    };
    let mut later = view.faults.iter().filter(|begun| begun.place > mended.place);
    let by_hand = later.find(|begun| begun.fault == Fault::DeletePod);
    let reason = stuck.reason;
    let pod = stuck.pod.name;
    match (by_hand, view.ending) {
        (Some(by_hand), ending) => {
            let after = seconds(by_hand.us.saturating_sub(mended.us));
            let mut evidence = vec![format!(
                "{pod} was {reason} still, {after} after the image was set back"
            )];
            evidence.push(match (back(view, by_hand.place), ending) {
                (Some(us), Ending::Complete) => {
                    format!(
                        "deleted by hand, it was Ready {} later",
                        seconds(us.saturating_sub(by_hand.us))
                    )
                }
                _ => "deleted by hand, it was not Ready again".to_owned(),
            });
            if view.workload.kind == WorkloadKind::StatefulSet {
                evidence.push(
                    "Kubernetes calls this a forced rollback: with podManagementPolicy OrderedReady the controller \
                     waits for the broken pod (kubernetes/kubernetes issue 67250)"
                        .to_owned(),
                );
            }
            Finding::violated(evidence)
        }
        (None, Ending::Complete) => {
            let after = back(view, mended.place).map_or_else(String::new, |us| {
                format!(" {}", seconds(us.saturating_sub(mended.us)))
            });
            Finding::held(vec![format!(
                "{pod} was {reason}; by itself every member was Ready again{after} after the image was set back"
            )])
        }
        (None, _) => Finding::inconclusive(format!("{pod} was {reason}; what came of it was not seen")),
    }
}

/// A pod without its image.
struct Stuck<'h> {
    pod: Sighting<'h>,
    reason: &'h str,
}

fn first_without_image<'h>(view: &DrillView<'h>, from: usize, to: usize) -> Option<Stuck<'h>> {
    let within = views(view).into_iter().flat_map(|view| view.pods().to_vec());
    let stuck = within
        .filter(|pod| pod.place > from && pod.place < to)
        .filter_map(|pod| {
            let server = view.engine(pod.state?).filter(|server| server.awaits_image())?;
            let reason = server.waiting.as_deref()?.split(':').next()?;
            Some(Stuck { pod, reason })
        });
    stuck.min_by_key(|stuck| stuck.pod.place)
}

/// When the last pod that came after a place of the history was first Ready.
fn back(view: &DrillView<'_>, place: usize) -> Option<u64> {
    let ready = views(view).into_iter().filter_map(|view| {
        let made = view
            .pods()
            .iter()
            .filter(|pod| view.first_seen(pod.uid) > Some(place));
        made.filter(|pod| pod.state.is_some_and(|state| state.ready))
            .map(|pod| pod.us)
            .next()
    });
    ready.max()
}

/// The drill as seen from every member.
fn views<'h>(view: &DrillView<'h>) -> Vec<DrillView<'h>> {
    match view.workload.kind {
        WorkloadKind::StatefulSet => {
            let ordinals = 0..view.workload.replicas;
            ordinals.map(|ordinal| view.seen_from(ordinal)).collect()
        }
        WorkloadKind::Deployment | WorkloadKind::Pod => vec![view.seen_from(view.member.ordinal)],
    }
}
