//! PostgreSQL 15 on a StatefulSet, `db/postgres`. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{assert_promise, prove, ready_line};

/// One run of the drills on the document's own manifests serves the tests of its claims.
static DOCUMENT: LazyLock<Proven> = LazyLock::new(|| prove("db/postgres", &[]));

/// The document as a whole: every promise came to what was expected, and the server is the version that was asked for.
#[test]
fn the_document_holds() {
    let verdict = &DOCUMENT.verdict;
    let report = render(verdict, &Style::default());
    assert_eq!(verdict.outcome, Outcome::Held, "{report}");
    assert_eq!(verdict.warnings, Vec::<String>::new());
    assert!(report.contains("PostgreSQL 15"), "{report}");
}

/// D1.1: the same for `pg-headless` and the Service that the document never shows.
#[test]
fn d1_1_rows_are_read_through_both_names() {
    let words = ["postgres-0.pg-headless.", "rows through pg."];
    assert_promise(&DOCUMENT, Drill::LosePod, Promise::Address, Outcome::Held, &words);
}

/// D1.4: none of the acknowledged rows is lost, none is invented; without the claim they are gone.
#[test]
fn d1_4_rows_survive_losing_pod_0() {
    for drill in [Drill::LosePod, Drill::ForceDelete, Drill::DeleteStatefulset] {
        let words = ["acknowledged"];
        assert_promise(&DOCUMENT, drill, Promise::Durability, Outcome::Held, &words);
    }
    let words = ["lost 100 acknowledged rows"];
    assert_promise(
        &DOCUMENT,
        Drill::DeleteClaim,
        Promise::Durability,
        Outcome::Violated,
        &words,
    );
}

/// D1.5: `pg_isready` over TCP holds Ready back until the server accepts sessions.
#[test]
fn d1_5_ready_does_not_come_before_the_first_login() {
    let readiness = &DOCUMENT.verdict.readiness[0];
    let (ready, session) = (readiness.ready_us.unwrap(), readiness.session_us.unwrap());
    assert!(session <= ready, "{readiness}");
    let line = ready_line(&DOCUMENT, "postgres-0");
    assert!(line.ends_with("after it; 0 restarts"), "{line}");
}
