//! `junit.xml`. Held to Jenkins' schema by `scripts/check-reports`; here to what it must say.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use stateproof::history::{Event, History};
use stateproof::plan::Drill;
use stateproof::report::junit;
use stateproof::verdict::judge;

use crate::document::DRILLS;
use crate::tape::{Rows, Tape};

fn report(history: &History) -> Report {
    let xml = junit(history, &judge(history)).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    // What stands on the elements is what is in them.
    let cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    let count = |wanted: Option<NonSuccessKind>| {
        let kinds = cases.clone().map(kind);
        kinds.filter(|found| wanted.is_none() || *found == wanted).count()
    };
    assert_eq!(report.tests, count(None));
    assert_eq!(report.failures, count(Some(NonSuccessKind::Failure)));
    assert_eq!(report.errors, count(Some(NonSuccessKind::Error)));
    assert!(report.time.is_some());
    for suite in &report.test_suites {
        assert_eq!(suite.tests, suite.test_cases.len());
        assert!(suite.time.is_some());
        assert_eq!(suite.disabled, None);
    }
    for case in cases {
        assert!(case.classname.is_some() && case.time.is_some());
    }
    report
}

fn kind(case: &TestCase) -> Option<NonSuccessKind> {
    match &case.status {
        TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
        TestCaseStatus::Success { .. } => None,
        TestCaseStatus::Skipped { .. } => panic!("{} is skipped", case.name.as_str()),
    }
}

fn find<'r>(report: &'r Report, suite: &str, case: &str) -> &'r TestCase {
    let suite = report
        .test_suites
        .iter()
        .find(|one| one.name.as_str().ends_with(suite))
        .unwrap();
    suite
        .test_cases
        .iter()
        .find(|one| one.name.as_str() == case)
        .unwrap()
}

#[test]
fn a_promise_is_a_case_and_what_was_expected_passes() {
    let history = Tape::of(&DRILLS).history();
    let verdict = judge(&history);
    let report = report(&history);
    assert_eq!(report.tests, verdict.promises.len());
    assert_eq!((report.failures, report.errors), (0, 0));
    let control = find(&report, "delete-claim", "durability");
    let said = control.system_out.as_ref().unwrap().as_str();
    assert!(
        said.starts_with("Violated, as expected") && said.contains("lost 100 acknowledged rows"),
        "{said}"
    );
    assert!(find(&report, "lose-pod", "recovery").time.unwrap().as_secs() > 3);
}

#[test]
fn what_was_refuted_is_a_failure_with_its_evidence() {
    let rows = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    let report = report(&Tape::with(&[Drill::LosePod], &rows).history());
    assert_eq!((report.failures, report.errors), (1, 0));
    let TestCaseStatus::NonSuccess {
        kind,
        message,
        description,
        ..
    } = &find(&report, "lose-pod", "durability").status
    else {
        panic!("it passed");
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert!(
        message
            .as_ref()
            .unwrap()
            .as_str()
            .contains("lost 10 acknowledged rows")
    );
    assert!(
        description
            .as_ref()
            .unwrap()
            .as_str()
            .contains("lost 10 acknowledged rows: 1-10")
    );
}

#[test]
fn what_was_not_shown_is_an_error_with_its_causes() {
    let is_read = |event: &Event| matches!(event, Event::Read { .. });
    let history = Tape::of(&[Drill::LosePod])
        .failed_at(Drill::LosePod, is_read)
        .history();
    let report = report(&history);
    assert_eq!(report.failures, 0);
    assert!(report.errors > 0);
    let TestCaseStatus::NonSuccess { description, .. } = &find(&report, "lose-pod", "durability").status
    else {
        panic!("it passed");
    };
    assert!(
        description
            .as_ref()
            .unwrap()
            .as_str()
            .contains("because no node fits")
    );
}

#[test]
fn a_run_that_is_not_whole_has_an_error_of_its_own() {
    let mut history = Tape::of(&[Drill::LosePod]).history();
    history.records.pop();
    history.cut_off = true;
    let report = report(&history);
    let case = find(&report, "run", "the run is whole");
    assert_eq!(kind(case), Some(NonSuccessKind::Error));
    let whole = self::report(&Tape::of(&[Drill::LosePod]).history());
    assert!(whole.test_suites.iter().all(|suite| suite.name.as_str() != "run"));
}
