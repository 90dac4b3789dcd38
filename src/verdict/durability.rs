use super::model::Finding;
use super::rows::{RowAccount, account, brief};
use super::view::{DrillView, fault_of};
use crate::history::Keys;
use crate::plan::Step;

/// Every acknowledged row is there, unharmed, and none that nobody wrote.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let account = match account(view) {
        Ok(account) => account,
        Err(why) => return Finding::inconclusive(why),
    };
    let mut evidence = Vec::new();
    if !account.lost.is_empty() {
        evidence.push(named("lost", &account.lost, "acknowledged "));
    }
    evidence.extend(intrusions(&account));
    let violated = !evidence.is_empty();
    evidence.push(counts(&account));
    evidence.push(around(&account));
    evidence.push(format!("final read: {}", account.level));
    if violated {
        Finding::violated(evidence)
    } else if account.acknowledged.is_empty() {
        Finding::inconclusive("no row was acknowledged: there was nothing to lose")
    } else if account.acknowledged_before.is_empty() {
        Finding::inconclusive("no row was acknowledged before the fault: there was nothing for it to destroy")
    } else {
        Finding::held(evidence)
    }
}

/// What is wrong with a drill's rows apart from lost ones.
///
/// A drill that expects its rows to be lost expects no more than that: rows that nobody wrote must not pass for the
/// violation that was asked for.
pub(super) fn unexpected(view: &DrillView<'_>) -> Option<Finding> {
    let account = account(view).ok()?;
    let mut evidence = intrusions(&account);
    if evidence.is_empty() {
        return None;
    }
    evidence.push(counts(&account));
    Some(Finding::violated(evidence))
}

/// What the plan has the fault meet and it did not: a ledger that is whole all the same shows less by that.
pub(super) fn unmet(view: &DrillView<'_>, account: &RowAccount) -> Vec<String> {
    let steps = view.planned.steps.iter();
    let (mut wanted, mut writing) = (0, false);
    for step in steps.take_while(|step| fault_of(**step).is_none()) {
        match step {
            Step::Write { rows } => wanted += u64::from(*rows),
            Step::StartWriter => writing = true,
            _ => {}
        }
    }
    let mut unmet = Vec::new();
    let before = account.acknowledged_before.len();
    if before < wanted {
        unmet.push(format!(
            "{}: fewer than {wanted} rows were acknowledged before the fault, namely {before}: it had less to destroy",
            view.id
        ));
    }
    if writing && account.in_flight.is_empty() {
        unmet.push(format!(
            "{}: no row was in flight when the fault was begun: it met none that was under way",
            view.id
        ));
    }
    unmet
}

fn intrusions(account: &RowAccount) -> Vec<String> {
    let mut evidence = Vec::new();
    if !account.phantom.is_empty() {
        evidence.push(named("read", &account.phantom, "never written "));
    }
    if !account.corrupt.is_empty() {
        evidence.push(named("read", &account.corrupt, "corrupt "));
    }
    if !account.refused_but_present.is_empty() {
        evidence.push(named("read", &account.refused_but_present, "refused "));
    }
    evidence
}

fn named(verb: &str, keys: &Keys, adjective: &str) -> String {
    let rows = if keys.len() == 1 { "row" } else { "rows" };
    format!("{verb} {} {adjective}{rows}: {}", keys.len(), brief(keys))
}

/// What was under way when the fault began, and how fast: a fault that met nothing shows less.
fn around(account: &RowAccount) -> String {
    let in_flight = match account.in_flight.len() {
        0 => "none in flight when the fault was begun".to_owned(),
        rows => format!("{rows} in flight when the fault was begun"),
    };
    match account.rows_per_second {
        Some(rows) => format!("{in_flight}; {rows} rows a second while connected"),
        None => in_flight,
    }
}

fn counts(account: &RowAccount) -> String {
    let mut counts = format!(
        "{} acknowledged, {} of them before the fault; {} read",
        account.acknowledged.len(),
        account.acknowledged_before.len(),
        account.read.len()
    );
    if !account.refused.is_empty() {
        counts = format!("{counts}; {} refused", account.refused.len());
    }
    let unknown = account.unknown.union(&account.unreported);
    if !unknown.is_empty() {
        counts = format!(
            "{counts}; {} unknown, of which {} recovered",
            unknown.len(),
            account.recovered.len()
        );
    }
    counts
}
