use anstyle::AnsiColor;

use super::page::{Page, Style};
use super::roles::roles;
use super::rounds::drilled;
use super::table;
use super::wording::{failed, failed_by_themselves, last_line, mark, or_unknown, sentence, unshown};
use crate::plan::Outcome;
use crate::verdict::{Failure, RecoveryTimes, Verdict, WorkloadFacts, seconds};

/// A verdict as text for a terminal: what ran where, the promises with their evidence, the times, warnings,
/// what is not proven; then once more what failed, and the verdict in the last line, so that nobody has to scroll back.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::report::{Style, render};
/// use stateproof::verdict::judge;
///
/// let text = render(&judge(&History::parse("")?), &Style::default());
/// assert!(text.lines().last().unwrap().starts_with("Inconclusive: "));
/// # Ok::<(), stateproof::history::HistoryError>(())
/// ```
#[must_use]
pub fn render(verdict: &Verdict, style: &Style) -> String {
    let mut page = Page::new(*style);
    header(&mut page, verdict);
    drills(&mut page, verdict);
    times(&mut page, verdict);
    warnings(&mut page, verdict);
    roles(&mut page, verdict);
    limits(&mut page, verdict);
    failures(&mut page, verdict);
    page.gap();
    let line = last_line(verdict);
    let painted = page.paint(Some(color(verdict.outcome)), true, &line);
    page.raw(&painted);
    page.into_text()
}

fn header(page: &mut Page, verdict: &Verdict) {
    let facts = &verdict.facts;
    let cluster = &facts.cluster;
    let nodes = if cluster.nodes.len() == 1 { "node" } else { "nodes" };
    page.text(
        0,
        &format!(
            "stateproof {} on {} cluster {}, Kubernetes {}, {} {nodes}",
            or_unknown(&facts.version),
            or_unknown(&cluster.provider),
            or_unknown(&cluster.name),
            or_unknown(&cluster.kubernetes),
            cluster.nodes.len(),
        ),
    );
    for workload in &facts.workloads {
        describe(page, workload);
    }
    for server in &facts.servers {
        let settings = server
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        page.text(
            2,
            &format!(
                "{} says: {}; {}",
                server.pod,
                server.version,
                settings.collect::<Vec<_>>().join(", ")
            ),
        );
    }
    for note in &facts.notes {
        page.text(2, &format!("note: {note}"));
    }
}

fn describe(page: &mut Page, workload: &WorkloadFacts) {
    let members = if workload.replicas == 1 {
        "member"
    } else {
        "members"
    };
    page.text(
        0,
        &format!(
            "{}: {}, {} {members}, image {} ({})",
            workload.id, workload.engine, workload.replicas, workload.image, workload.declared_at
        ),
    );
    if let Some(stand_in) = &workload.stand_in {
        page.text(2, &format!("{} was a stand-in: {stand_in}", workload.image));
    }
    if let Some(rounds) = &workload.rounds {
        page.text(2, &rounds.to_string());
    }
    for note in &workload.notes {
        page.text(2, &format!("note: {note}"));
    }
}

fn drills(page: &mut Page, verdict: &Verdict) {
    for drill in drilled(verdict) {
        if verdict.did_not_come_up(&drill.id.workload) {
            continue;
        }
        page.heading(&drill.title());
        for (index, over) in drill.promises.iter().enumerate() {
            let promise = over.worst();
            let (branch, trunk) = if index + 1 == drill.promises.len() {
                ("└─", "  ")
            } else {
                ("├─", "│ ")
            };
            let outcome = promise.outcome();
            let name = format!("{:<10}", promise.promise.to_string());
            let mark_painted = page.paint(Some(color(outcome)), false, mark(outcome));
            page.hanging(
                &format!("{branch} {} {name} ", mark(outcome)),
                &format!("{branch} {mark_painted} {name} "),
                &format!("{trunk}{}", " ".repeat(14)),
                &over.sentence(),
            );
        }
    }
    if !verdict.facts.left_out.is_empty() {
        page.heading("left out");
    }
    for drill in &verdict.facts.left_out {
        let text = format!(
            "{}/{}: {}",
            drill.workload, drill.left_out.drill, drill.left_out.reason
        );
        page.hanging("- ", "- ", "  ", &text);
    }
}

fn times(page: &mut Page, verdict: &Verdict) {
    for workload in &verdict.facts.workloads {
        let drills: Vec<&RecoveryTimes> = verdict
            .recovery
            .iter()
            .filter(|times| *times.drill.workload == workload.id)
            .collect();
        if drills.is_empty() {
            continue;
        }
        page.heading(&format!(
            "recovery of {}, since the fault was requested",
            workload.id
        ));
        if drills.iter().any(|times| times.drill.round > 0) {
            table::spreads(page, &drills);
        } else {
            table::recovery(page, &drills);
        }
        if !workload.has_readiness_probe {
            page.text(
                0,
                "No readiness probe: Ready means no more than that the server's process was started.",
            );
        }
    }
    if !verdict.readiness.is_empty() {
        page.heading("what Ready was worth");
    }
    for readiness in &verdict.readiness {
        page.text(0, &format!("{}: {readiness}", readiness.pod));
    }
    if !verdict.overlaps.is_empty() {
        page.heading("measured on the node");
    }
    for overlap in &verdict.overlaps {
        page.text(0, &format!("{}, {}: {overlap}", overlap.drill, overlap.pod));
    }
    let share = verdict.share;
    let per_mille = share.own_per_mille();
    page.heading("time");
    page.text(
        0,
        &format!(
            "{} in all; in {} of it something in the cluster was under way; {} ({}.{} %) were the harness's own",
            seconds(share.total_us),
            seconds(share.waited_us),
            seconds(share.own_us()),
            per_mille / 10,
            per_mille % 10
        ),
    );
}

fn warnings(page: &mut Page, verdict: &Verdict) {
    if verdict.warnings.is_empty() {
        return;
    }
    page.heading("warnings");
    for warning in &verdict.warnings {
        let mark = page.paint(Some(AnsiColor::Yellow), false, "!");
        page.hanging("! ", &format!("{mark} "), "  ", warning);
    }
}

fn limits(page: &mut Page, verdict: &Verdict) {
    page.heading("not proven");
    for limit in &verdict.not_proven {
        page.hanging("- ", "- ", "  ", limit);
    }
}

fn failures(page: &mut Page, verdict: &Verdict) {
    if verdict.failed().next().is_none() && verdict.shortfalls.is_empty() {
        return;
    }
    page.heading("why");
    for shortfall in &verdict.shortfalls {
        item(page, Outcome::Inconclusive, shortfall);
    }
    for failure in &verdict.failures {
        what_failed(page, verdict, failure);
    }
    // The worst last, next to the verdict.
    for promise in failed_by_themselves(verdict) {
        let text = format!("{}, {}: {}", promise.drill, promise.promise, sentence(promise));
        item(page, promise.outcome(), &text);
    }
}

/// What was not carried through, the causes a line each, and what was not shown for it.
fn what_failed(page: &mut Page, verdict: &Verdict, failure: &Failure) {
    let mut error = failure.error.iter();
    let first = error
        .next()
        .map_or_else(String::new, |first| format!(": {first}"));
    item(
        page,
        Outcome::Inconclusive,
        &format!("{}{first}", failed(failure)),
    );
    for cause in error {
        page.hanging("  because ", "  because ", "    ", cause);
    }
    for log in &failure.logs {
        page.text(
            2,
            &format!("log of container {} in Pod {}:", log.container, log.pod),
        );
        for line in &log.lines {
            page.hanging("    | ", "    | ", "    | ", line);
        }
    }
    let lead = if failure.drill.is_some() {
        "  so not shown: "
    } else {
        "  so not begun: "
    };
    let names = unshown(verdict, failure);
    if !names.is_empty() {
        page.hanging(lead, lead, "    ", &names.join(", "));
    }
}

fn item(page: &mut Page, outcome: Outcome, text: &str) {
    let painted = page.paint(Some(color(outcome)), false, mark(outcome));
    page.hanging(&format!("{} ", mark(outcome)), &format!("{painted} "), "  ", text);
}

fn color(outcome: Outcome) -> AnsiColor {
    match outcome {
        Outcome::Held => AnsiColor::Green,
        Outcome::Inconclusive => AnsiColor::Yellow,
        Outcome::Violated => AnsiColor::Red,
    }
}
