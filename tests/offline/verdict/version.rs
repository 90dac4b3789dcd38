//! A server of another version than its image's tag is a warning.

use stateproof::history::Event;
use stateproof::plan::Drill;
use stateproof::report::{Style, render};
use stateproof::verdict::{Verdict, judge};

use crate::tape::Tape;

/// The document's run with this image and a server that says this.
fn with(image: &str, says: &str) -> Verdict {
    let tape = Tape::of(&[Drill::LosePod]).changed(|event| match event {
        Event::RunStarted { plans, .. } => image.clone_into(&mut plans[0].workload.engine.image),
        Event::Server { version, .. } => says.clone_into(version),
        _ => {}
    });
    judge(&tape.history())
}

#[test]
fn a_server_of_another_version_is_a_warning() {
    let verdict = with("postgres:15", "PostgreSQL 16.9 on x86_64-pc-linux-gnu");
    let sentence = "postgres-0: the image postgres:15 asks for version 15, the server says 16.9";
    assert_eq!(verdict.warnings, [sentence]);
    let text = render(&verdict, &Style::default());
    assert!(text.contains(&format!("warnings\n! {sentence}\n")), "{text}");
}

#[test]
fn a_tag_that_fits_or_says_nothing_is_none() {
    for (image, says) in [
        ("postgres:16-bookworm", "PostgreSQL 16.9"),
        ("postgres:16.9", "PostgreSQL 16.9"),
        ("postgres:latest", "PostgreSQL 16.9"),
        ("postgres@sha256:0123", "PostgreSQL 16.9"),
        // Its versions are its own.
        ("registry.invalid/our/database:7", "PostgreSQL 16.9"),
        ("postgres:15", "a server that does not say what it is"),
    ] {
        let verdict = with(image, says);
        assert!(verdict.warnings.is_empty(), "{image}: {:?}", verdict.warnings);
        assert!(!render(&verdict, &Style::default()).contains("warnings"));
    }
    // The twins: a longer number is not the same, and 1 is not 16.
    for (image, says) in [
        ("postgres:16.10", "PostgreSQL 16.1"),
        ("postgres:1", "PostgreSQL 16.9"),
    ] {
        assert_eq!(with(image, says).warnings.len(), 1, "{image}");
    }
}
