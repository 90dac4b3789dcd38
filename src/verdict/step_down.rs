use super::model::Finding;
use super::role_history::{Role, roles_at};
use super::times::seconds;
use super::view::{Begun, DrillView, Ending};
use crate::history::{Event, Fault, WriteFate};
use crate::plan::Step;

/// Whether the PRIMARY that was told to step down did: another member was PRIMARY after it, or it was again in a later
/// term.
///
/// # Errors
///
/// Says why that is not proven.
pub(super) fn proof(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let [target] = begun.targets else {
        return Err("the fault did not happen: the step-down was not aimed at one pod".to_owned());
    };
    let before = roles_at(view, begun.place);
    let Some(Role {
        role: "PRIMARY",
        term,
    }) = before.get(target.name.as_str())
    else {
        return Err(format!(
            "the fault did not happen: {} was not the PRIMARY",
            target.name
        ));
    };
    match elected(view, begun, &target.name, *term) {
        Some(_) => Ok(()),
        None => Err(format!(
            "the fault did not happen: nobody was seen to be elected after {} was told to step down",
            target.name
        )),
    }
}

/// Who was PRIMARY next, and when.
fn elected<'h>(
    view: &DrillView<'h>,
    begun: Begun<'_>,
    old: &str,
    old_term: Option<i64>,
) -> Option<(u64, &'h str)> {
    let mut roles = view.all().filter(|at| at.place > begun.place);
    roles.find_map(|at| match at.event {
        Event::Role {
            workload,
            pod,
            role,
            term,
        } if *workload == *view.id.workload && role == "PRIMARY" && (pod != old || *term > old_term) => {
            Some((at.us, pod.as_str()))
        }
        _ => None,
    })
}

/// Another member became PRIMARY, and the set takes rows again.
pub(super) fn recovery(view: &DrillView<'_>) -> Finding {
    let Some(begun) = view.fault(Fault::StepDown) else {
        return Finding::inconclusive("the PRIMARY was not told to step down");
    };
    let old = begun.targets.first().map_or("", |target| target.name.as_str());
    let old_term = roles_at(view, begun.place).get(old).and_then(|role| role.term);
    let Some((elected_us, pod)) = elected(view, begun, old, old_term) else {
        return Finding::inconclusive("nobody was seen to be elected");
    };
    let elected = format!(
        "{pod} was PRIMARY {} after {old} was told to step down",
        seconds(elected_us.saturating_sub(begun.us))
    );
    let written = view
        .own()
        .filter(|at| at.place > begun.place)
        .filter_map(|at| match at.event {
            Event::Wrote { outcomes, .. } => Some(outcomes),
            _ => None,
        });
    let after = written
        .flatten()
        .filter(|outcome| outcome.fate == WriteFate::Acknowledged && outcome.sent_us >= elected_us)
        .map(|outcome| outcome.done_us)
        .min();
    match after {
        Some(done_us) => Finding::held(vec![
            elected,
            format!(
                "first row acknowledged by the new PRIMARY {} after it",
                seconds(done_us.saturating_sub(begun.us))
            ),
        ]),
        None if view.ending == Ending::Complete => {
            Finding::violated(vec![format!("{elected}, and no row was acknowledged afterwards")])
        }
        None => Finding::inconclusive(format!("{elected}; no row was acknowledged afterwards")),
    }
}

/// What a reader should know of scaling down: the highest ordinal goes, whatever its role.
pub(super) fn warning(view: &DrillView<'_>) -> Option<String> {
    let scaled = view.planned.steps.iter().find_map(|step| match step {
        Step::Scale { replicas } if *replicas < view.workload.replicas => Some(*replicas),
        _ => None,
    })?;
    let begun = view.fault(Fault::Scale { replicas: scaled })?;
    let roles = roles_at(view, begun.place);
    let removed = (scaled..view.workload.replicas).map(|ordinal| view.workload.member(ordinal).pod);
    let primary = removed
        .into_iter()
        .find(|pod| roles.get(pod.as_str()).is_some_and(|role| role.role == "PRIMARY"))?;
    Some(format!(
        "{}: scaled to {scaled}, the PRIMARY {primary} was removed: the highest ordinal goes, whatever its role",
        view.workload.id()
    ))
}
