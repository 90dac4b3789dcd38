//! MongoDB's states that cannot come up, each an expected failure with the cause named, namespace `grade-submission`.
//! Sources: `fixtures/SOURCES.md`.

use stateproof::plan::Outcome;

use crate::support::expect_failure;

/// D3.9: an init container that waits for the server that starts only after it never ends: its log says why, long
/// before any time-out.
#[test]
fn d3_9_an_init_container_cannot_wait_for_its_own_pod() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:log=Waiting for MongoDB to start",
    ];
    let proven = expect_failure("grade-submission/4-init-container", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.9 with the shell that the image has: it still waits for a server that starts only after it.
#[test]
fn d3_9_with_the_right_shell_it_still_waits() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:log=Waiting for MongoDB to start",
    ];
    let proven = expect_failure("grade-submission-init-container-mongo", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.10, read literally: the hook's script loops for a program that is not there, and the pod never comes to be
/// Running.
#[test]
fn d3_10_the_literal_hook_never_ends() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:waiting=postStart hook",
    ];
    let proven = expect_failure("grade-submission/5-post-start", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.10, read the other way: a hook that waits for `mongodb-1`, which `OrderedReady` withholds until it has ended.
#[test]
fn d3_10_a_hook_that_waits_for_the_next_member_never_ends() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:waiting=postStart hook",
    ];
    let proven = expect_failure("grade-submission-post-start-waits", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.11: the script calls `mongosh`, which the image does not have: the run names the missing program.
#[test]
fn d3_11_the_missing_program_is_named() {
    let ends = ["Pod/mongodb-0:log=mongosh: command not found"];
    let proven = expect_failure("grade-submission/4-init-container", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}
