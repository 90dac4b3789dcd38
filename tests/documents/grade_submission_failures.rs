//! MongoDB's script that calls what the image does not have, namespace `grade-submission`. The document's other states
//! that cannot come up are in `tests/cluster/failures.rs`. Sources: `fixtures/SOURCES.md`.

use stateproof::plan::Outcome;

use crate::support::expect_failure;

/// D3.11: the script calls `mongosh`, which the image does not have: the run names the missing program.
#[test]
fn d3_11_the_missing_program_is_named() {
    let ends = ["Pod/mongodb-0:log=mongosh: command not found"];
    let proven = expect_failure("grade-submission/4-init-container", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}
