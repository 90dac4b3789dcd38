//! A web server without a claim: nothing is written, and its page is what comes back.

use stateproof::history::{Event, Probe};
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome, Plan, Promise, Selection, Step};
use stateproof::verdict::{PromiseVerdict, Verdict, judge};
use stateproof::workload::discover;

use crate::document::{DNS, id};
use crate::fixtures::fixture;
use crate::tape::Tape;

fn of_the_document() -> Plan {
    let set = ManifestSet::read(&[fixture("sfs-nginx/web")]).unwrap();
    let workload = discover(&set, "default").unwrap().remove(0).workload;
    Plan::new(
        workload,
        &Selection::of(&[Drill::LosePod, Drill::DeleteStatefulset]),
    )
}

/// Nobody was to write, so nothing is missed.
#[test]
fn no_row_is_missed_where_none_is_written() {
    let verdict = judged("200: welcome", Some("200: welcome"));
    assert_eq!(verdict.outcome, Outcome::Held, "{:#?}", verdict.promises);
    assert_eq!(verdict.warnings, [""; 0]);
}

#[test]
fn its_drills_write_and_read_nothing() {
    let plan = of_the_document();
    let drill = |index: usize| &plan.drills[index];
    assert_eq!(
        drill(0).steps,
        [
            Step::Resolve,
            Step::Get,
            Step::DeletePod { grace_seconds: None },
            Step::AwaitReady,
            Step::Resolve,
            Step::Get,
        ]
    );
    let promises = |index: usize| -> Vec<Promise> {
        let expectations = drill(index).expectations.iter();
        expectations.map(|expectation| expectation.promise).collect()
    };
    assert_eq!(
        promises(0),
        [Promise::Identity, Promise::Address, Promise::Recovery]
    );
    assert_eq!(promises(1), [Promise::Identity, Promise::Recovery]);
}

fn answered(answer: &str) -> Event {
    Event::Probed {
        drill: id(Drill::LosePod),
        probe: Probe::Get,
        against: DNS.into(),
        answer: Some(answer.into()),
        refused: None,
    }
}

/// The document's run with its rows taken out, and these answers before and after the fault.
fn judged(before: &str, after: Option<&str>) -> Verdict {
    let rows = |event: &Event| {
        matches!(
            event,
            Event::Attempting { .. }
                | Event::Wrote { .. }
                | Event::Read { .. }
                | Event::ClaimsInspected { .. }
        )
    };
    let tape = Tape::of(&[Drill::LosePod]).without(rows).changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            let of_the_document = of_the_document().drills.swap_remove(0);
            plans[0].drills = vec![of_the_document];
        }
    });
    let tape = tape.before(
        |event| matches!(event, Event::FaultBegun { .. }),
        answered(before),
    );
    let tape = match after {
        Some(after) => tape.before(|event| matches!(event, Event::DrillEnded { .. }), answered(after)),
        None => tape,
    };
    judge(&tape.history())
}

fn recovery(before: &str, after: Option<&str>) -> PromiseVerdict {
    let mut promises = judged(before, after).promises.into_iter();
    promises
        .find(|promise| promise.promise == Promise::Recovery)
        .unwrap()
}

#[test]
fn recovery_is_the_page_again() {
    let page = "200 OK: Welcome to nginx!";
    let held = recovery(page, Some(page));
    assert_eq!(held.observed, Outcome::Held, "{held:?}");
    assert_eq!(
        held.evidence.last().unwrap(),
        "GET / answered 200 OK: Welcome to nginx!"
    );
    // A page may tell the time.
    assert_eq!(recovery(page, Some("200 OK: another")).observed, Outcome::Held);

    let worse = recovery(page, Some("403 Forbidden: 403 Forbidden"));
    assert_eq!(worse.observed, Outcome::Violated, "{worse:?}");
    let silent = recovery(page, None);
    assert_eq!(silent.observed, Outcome::Inconclusive, "{silent:?}");
}
