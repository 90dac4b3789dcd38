use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::ReportError;
use super::stretch::stretches;
use super::wording::{came_to, covers, failed, last_line};
use crate::harmless::harmless_text;
use crate::history::{DrillId, History};
use crate::plan::Outcome;
use crate::verdict::{Failure, PromiseVerdict, Verdict};

/// A verdict as `JUnit` XML: a suite a drill and round, a test case a promise.
///
/// A promise that came to what was expected passes, also where that is a violation; one that was refuted is a failure;
/// one that was neither shown nor refuted is an error, and never skipped. A promise is checked on all of its drill, so
/// each has the drill's time. What makes a run Inconclusive as a whole is a suite of its own.
///
/// # Errors
///
/// [`ReportError::Junit`] when it cannot be written as XML.
pub fn junit(history: &History, verdict: &Verdict) -> Result<String, ReportError> {
    junit_of_all([history], verdict)
}

/// As [`junit`], of a verdict on several histories: those of the shares of a suite.
///
/// # Errors
///
/// [`ReportError::Junit`] when it cannot be written as XML.
pub fn junit_of_all<'h>(
    histories: impl IntoIterator<Item = &'h History>,
    verdict: &Verdict,
) -> Result<String, ReportError> {
    let stretches: BTreeMap<_, _> = histories.into_iter().flat_map(stretches).collect();
    let mut report = Report::new("stateproof");
    report.set_time(Duration::from_micros(verdict.share.total_us));
    for promises in verdict.promises.chunk_by(|one, next| one.drill == next.drill) {
        let Some(first) = promises.first() else { continue };
        let time = stretches.get(&first.drill).map_or(Duration::ZERO, |stretch| {
            Duration::from_micros(stretch.to_us - stretch.from_us)
        });
        let mut suite = TestSuite::new(harmless_text(&first.drill.to_string()));
        suite.set_time(time);
        for promise in promises {
            suite.add_test_case(case(promise, verdict, time));
        }
        report.add_test_suite(suite);
    }
    if !verdict.shortfalls.is_empty() {
        report.add_test_suite(whole(verdict));
    }
    // Nothing is ever skipped, and Jenkins' schema has no such attribute on the root.
    let mut xml = report.to_string()?.replacen(" skipped=\"0\"", "", 1);
    if !xml.ends_with('\n') {
        xml.push('\n');
    }
    Ok(xml)
}

fn case(promise: &PromiseVerdict, verdict: &Verdict, time: Duration) -> TestCase {
    let evidence = harmless_text(&promise.evidence.join("\n"));
    let message = harmless_text(&format!(
        "{}: {}",
        came_to(promise),
        promise.evidence.first().map_or("", String::as_str)
    ));
    let outcome = promise.outcome();
    let status = match outcome {
        Outcome::Held => TestCaseStatus::success(),
        Outcome::Violated | Outcome::Inconclusive => {
            let (kind, name) = if outcome == Outcome::Violated {
                (NonSuccessKind::Failure, "violated")
            } else {
                (NonSuccessKind::Error, "inconclusive")
            };
            let mut status = TestCaseStatus::non_success(kind);
            let causes = verdict
                .failures
                .iter()
                .filter(|failure| covers(failure, promise))
                .map(in_full);
            let text: Vec<String> = std::iter::once(evidence.clone()).chain(causes).collect();
            status
                .set_type(name)
                .set_message(message.as_str())
                .set_description(text.join("\n\n"));
            status
        }
    };
    let mut case = TestCase::new(promise.promise.to_string(), status);
    let DrillId {
        workload,
        drill,
        round,
    } = &promise.drill;
    let class = format!("{}.{}.{drill}", workload.namespace, workload.name);
    case.set_classname(harmless_text(&match round {
        0 => class,
        round => format!("{class}.round-{round}"),
    }));
    case.set_time(time);
    case.set_system_out(format!("{}\n{evidence}", came_to(promise)));
    case
}

/// A failure with its causes and logs.
fn in_full(failure: &Failure) -> String {
    let mut lines = vec![failed(failure)];
    lines.extend(failure.error.iter().map(|cause| format!("  because {cause}")));
    for log in &failure.logs {
        lines.push(format!("log of container {} in Pod {}:", log.container, log.pod));
        lines.extend(log.lines.iter().map(|line| format!("  | {line}")));
    }
    lines
        .iter()
        .map(|line| harmless_text(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Why the whole proves nothing.
fn whole(verdict: &Verdict) -> TestSuite {
    let text = harmless_text(&verdict.shortfalls.join("\n"));
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status
        .set_type("inconclusive")
        .set_message(harmless_text(&last_line(verdict)))
        .set_description(text);
    let mut case = TestCase::new("the run is whole", status);
    case.set_classname("stateproof.run");
    case.set_time(Duration::ZERO);
    let mut suite = TestSuite::new("run");
    suite.set_time(Duration::ZERO);
    suite.add_test_case(case);
    suite
}
