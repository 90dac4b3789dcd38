use super::rounds::{self, drilled};
use super::table::MILESTONES;
use super::wording::{came_to, failed, failed_by_themselves, last_line, mark, or_unknown, unshown};
use crate::harmless::readable;
use crate::verdict::{RecoveryTimes, Verdict, seconds};

/// A verdict as GitHub-flavoured Markdown, for the summary of a CI job: the verdict, why, the promises, the times, what
/// is not proven.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::report::summary;
/// use stateproof::verdict::judge;
///
/// assert!(summary(&judge(&History::default())).starts_with("## ? Inconclusive: "));
/// ```
#[must_use]
pub fn summary(verdict: &Verdict) -> String {
    let mut text = vec![format!("## {} {}\n", mark(verdict.outcome), last_line(verdict))];
    let facts = &verdict.facts;
    for workload in &facts.workloads {
        text.push(format!(
            "{}: {}, image {}",
            code(&workload.id.to_string()),
            workload.engine,
            code(&workload.image)
        ));
    }
    let rounds = facts.workloads.iter().filter_map(|workload| workload.rounds);
    text.extend(rounds.map(|rounds| cell(&rounds.to_string())));
    text.push(format!(
        "on {} with Kubernetes {}, in {}",
        cell(or_unknown(&facts.cluster.provider)),
        cell(or_unknown(&facts.cluster.kubernetes)),
        seconds(verdict.share.total_us)
    ));
    why(&mut text, verdict);
    promises(&mut text, verdict);
    recovery(&mut text, verdict);
    list(&mut text, "Warnings", &verdict.warnings);
    list(&mut text, "Not proven", &verdict.not_proven);
    text.join("\n") + "\n"
}

fn why(text: &mut Vec<String>, verdict: &Verdict) {
    let failed_promises = failed_by_themselves(verdict);
    if failed_promises.is_empty() && verdict.failures.is_empty() && verdict.shortfalls.is_empty() {
        return;
    }
    text.push("\n### Why\n".to_owned());
    for promise in failed_promises.into_iter().rev() {
        text.push(format!(
            "- {} **{}, {}**: {}",
            mark(promise.outcome()),
            cell(&promise.drill.to_string()),
            promise.promise,
            came_to(promise)
        ));
        for evidence in &promise.evidence {
            text.push(format!("  - {}", cell(evidence)));
        }
    }
    for failure in &verdict.failures {
        text.push(format!("- ? **{}**", cell(&failed(failure))));
        for (depth, cause) in failure.error.iter().enumerate() {
            let because = if depth == 0 { "" } else { "because " };
            text.push(format!("  - {because}{}", cell(cause)));
        }
        let unshown = unshown(verdict, failure);
        if !unshown.is_empty() {
            text.push(format!("  - so not shown: {}", unshown.join(", ")));
        }
    }
    for shortfall in &verdict.shortfalls {
        text.push(format!("- ? {}", cell(shortfall)));
    }
}

fn promises(text: &mut Vec<String>, verdict: &Verdict) {
    if verdict.promises.is_empty() {
        return;
    }
    text.push(
        "\n### Promises\n\n| | drill | promise | came to | evidence |\n|---|---|---|---|---|".to_owned(),
    );
    let drills = drilled(verdict);
    for (drill, over) in drills
        .iter()
        .flat_map(|drill| drill.promises.iter().map(move |over| (drill, over)))
    {
        let promise = over.worst();
        let evidence: Vec<String> = promise.evidence.iter().map(|evidence| cell(evidence)).collect();
        text.push(format!(
            "| {} | {} | {} | {} | {} |",
            mark(promise.outcome()),
            cell(&drill.title()),
            promise.promise,
            over.came_to(),
            evidence.join("; ")
        ));
    }
}

fn recovery(text: &mut Vec<String>, verdict: &Verdict) {
    for workload in &verdict.facts.workloads {
        let drills: Vec<&RecoveryTimes> = verdict
            .recovery
            .iter()
            .filter(|times| *times.drill.workload == workload.id)
            .collect();
        if drills.is_empty() {
            continue;
        }
        text.push(format!(
            "\n### Recovery of {}, since the fault was requested\n",
            code(&workload.id.to_string())
        ));
        if drills.iter().any(|times| times.drill.round > 0) {
            spread(text, &drills);
            continue;
        }
        let names: Vec<_> = drills.iter().map(|times| times.drill.drill.to_string()).collect();
        text.push(format!("| | {} |", names.join(" | ")));
        text.push(format!("|---{}|", "|--:".repeat(drills.len())));
        for (name, reached) in MILESTONES {
            let cells = drills
                .iter()
                .map(|times| reached(times).map_or_else(|| "—".to_owned(), seconds));
            text.push(format!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
}

/// The times of drills that were done in rounds.
fn spread(text: &mut Vec<String>, drills: &[&RecoveryTimes]) {
    text.push(format!("| drill | | {} |", rounds::COLUMNS.join(" | ")));
    text.push(format!("|---|---|{}", "--:|".repeat(rounds::COLUMNS.len())));
    for (id, steps) in rounds::spreads(drills) {
        for (name, spread) in steps {
            text.push(format!(
                "| {} | {name} | {} |",
                id.drill,
                rounds::cells(&spread).join(" | ")
            ));
        }
    }
}

fn list(text: &mut Vec<String>, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push(format!("\n### {title}\n"));
    for line in lines {
        text.push(format!("- {}", cell(line)));
    }
}

/// Text of a paragraph or a cell: neither Markdown nor HTML is made of it.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in readable(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// A name as code.
fn code(text: &str) -> String {
    format!("<code>{}</code>", cell(text))
}
