//! The summary of a CI job.

use stateproof::plan::Drill;
use stateproof::report::summary;
use stateproof::verdict::judge;

use crate::tape::{Rows, Tape};

#[test]
fn a_run_that_lost_rows() {
    let rows = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    let history = Tape::with(&[Drill::LosePod], &rows).history();
    insta::assert_snapshot!(summary(&judge(&history)));
}

#[test]
fn a_good_run_has_no_reasons() {
    let text = summary(&judge(&Tape::of(&[Drill::LosePod]).history()));
    assert!(
        text.starts_with("## ✓ Held: all 5 promises came to what was expected\n"),
        "{text}"
    );
    assert!(!text.contains("### Why"), "{text}");
    assert!(text.contains("### Not proven"), "{text}");
}
