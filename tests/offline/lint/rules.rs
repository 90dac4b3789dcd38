//! A directory of fixtures a rule: what is bad is marked in the file itself, with `# here: SP001` on the line that is to
//! be found, or `# above: SP001` on the line after it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stateproof::lint::{Rule, catalogue, find, markdown};

use super::{found, lint_path, listed};

fn fixtures_of(rule: &str) -> Vec<(String, PathBuf)> {
    let directory = Path::new("fixtures/lint").join(rule);
    let entries = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{rule} has no fixtures in {}: {error}", directory.display()));
    let mut files: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    files.sort();
    files
}

/// The lines that are to be found.
fn marked(rule: &str, file: &Path) -> Vec<usize> {
    let text = fs::read_to_string(file).unwrap();
    let (here, above) = (format!("# here: {rule}"), format!("# above: {rule}"));
    let line = |(index, line): (usize, &str)| match line {
        line if line.contains(&here) => Some(index + 1),
        line if line.contains(&above) => Some(index),
        _ => None,
    };
    text.lines().enumerate().filter_map(line).collect()
}

#[test]
fn every_rule_has_two_bad_fixtures_and_a_good_one() {
    for rule in catalogue() {
        let fixtures = fixtures_of(rule.id);
        let count = |kind: &str| fixtures.iter().filter(|(name, _)| name.starts_with(kind)).count();
        assert!(
            count("bad-") >= 2,
            "{} has {} bad fixtures",
            rule.id,
            count("bad-")
        );
        assert!(count("good-") >= 1, "{} has no good fixture", rule.id);
        assert_eq!(count("bad-") + count("good-"), fixtures.len(), "{}", rule.id);
    }
}

#[test]
fn no_fixture_is_without_its_rule() {
    for entry in fs::read_dir("fixtures/lint").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "good" || find(&name).is_some(), "there is no rule {name}");
    }
}

#[test]
fn a_bad_fixture_is_found_at_its_line_and_nowhere_else() {
    for rule in catalogue() {
        for (name, file) in fixtures_of(rule.id) {
            if !name.starts_with("bad-") {
                continue;
            }
            let expected = marked(rule.id, &file);
            assert!(!expected.is_empty(), "{}: nothing is marked", file.display());
            let lint = lint_path(&file);
            let of_rule: Vec<usize> = found(&lint)
                .into_iter()
                .filter(|(id, _)| *id == rule.id)
                .map(|(_, line)| line)
                .collect();
            assert_eq!(of_rule, expected, "{}:\n{}", file.display(), listed(&lint));
        }
    }
}

#[test]
fn nothing_is_found_in_a_good_fixture() {
    for rule in catalogue() {
        for (name, file) in fixtures_of(rule.id) {
            if name.starts_with("good-") {
                let lint = lint_path(&file);
                assert!(lint.findings.is_empty(), "{}:\n{}", file.display(), listed(&lint));
            }
        }
    }
}

/// The rows of the table of failure modes that have a static side: all of them.
#[test]
fn there_is_a_rule_for_every_failure_mode() {
    let ids: BTreeSet<&str> = catalogue().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), catalogue().len(), "two rules have one identifier");
    for row in 1..=31 {
        assert!(ids.contains(format!("SP{row:03}").as_str()), "SP{row:03}");
    }
    let in_order: Vec<&str> = catalogue().iter().map(|rule| rule.id).collect();
    assert!(in_order.is_sorted());
}

#[test]
fn a_rule_says_what_a_reader_needs() {
    for &&Rule {
        id,
        title,
        why,
        mend,
        source,
        ..
    } in catalogue()
    {
        for text in [title, why, mend, source] {
            assert!(
                !text.is_empty() && !text.contains("  ") && text.trim() == text,
                "{id}: {text}"
            );
        }
        // A cell of the table in docs/rules.md.
        assert!(!title.contains('|'), "{id}: {title}");
    }
}

#[test]
fn the_page_of_rules_is_what_the_rules_say() {
    let page = fs::read_to_string("docs/rules.md").unwrap_or_default();
    assert!(
        page == markdown(),
        "docs/rules.md is out of date: \
         cargo run -- lint --explain all --format markdown > docs/rules.md"
    );
}
