//! Sets as people write them, in many shapes, with nothing wrong with them.

use std::fs;

use super::{lint_path, listed};

#[test]
fn nothing_is_found_in_good_sets() {
    let mut sets: Vec<_> = fs::read_dir("fixtures/lint/good")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    sets.sort();
    assert!(sets.len() >= 20, "{} sets", sets.len());
    for set in sets {
        let lint = lint_path(&set);
        assert!(lint.objects >= 2, "{}", set.display());
        assert!(lint.findings.is_empty(), "{}:\n{}", set.display(), listed(&lint));
        assert!(lint.suppressed.is_empty(), "{}", set.display());
    }
}
