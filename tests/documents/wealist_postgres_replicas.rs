//! Document 0 with three replicas: three databases, not a cluster. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::run::Proven;

use crate::support::{assert_claims, assert_met_rows, assert_promise, prove};

const DRILLS: [Drill; 3] = [Drill::Divergence, Drill::Order, Drill::Scale];

static THREE: LazyLock<Proven> = LazyLock::new(|| prove("wealist-postgres-three-replicas", &DRILLS));

/// D0.9: three claims, each Bound to a volume of its own; started 0→1→2, each after the one before is Ready, and removed 2→1→0.
#[test]
fn d0_9_three_replicas_start_and_stop_in_order() {
    let words = [
        "postgres-1 was created after postgres-0 was Ready",
        "postgres-2 was created after postgres-1 was Ready",
    ];
    assert_promise(&THREE, Drill::Order, Promise::Order, Outcome::Held, &words);
    assert_promise(
        &THREE,
        Drill::Scale,
        Promise::Order,
        Outcome::Held,
        &["postgres-2"],
    );
    let claims = [
        "postgres-data-postgres-0",
        "postgres-data-postgres-1",
        "postgres-data-postgres-2",
    ];
    assert_claims(&THREE, &claims, "5Gi");
    assert_met_rows(&THREE, &[Drill::Order, Drill::Scale]);
}

/// D0.9: a row written on one member is absent on the others, which the report warns of.
#[test]
fn d0_9_three_databases_are_no_cluster() {
    let warnings = THREE.verdict.warnings.join("\n");
    assert!(
        warnings.contains("three databases, not a cluster")
            && warnings.contains("a row written on postgres-0 is absent on postgres-1 and postgres-2"),
        "{warnings}"
    );
    assert_eq!(THREE.verdict.outcome, Outcome::Held);
}

/// D0.14: with `Parallel` all pods are created before the first is Ready.
#[test]
fn d0_14_parallel_members_do_not_wait_for_each_other() {
    let proven = prove("wealist-postgres-parallel", &[Drill::Order]);
    let words = ["were all created before postgres-"];
    assert_promise(&proven, Drill::Order, Promise::Order, Outcome::Held, &words);
}
