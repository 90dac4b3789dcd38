//! What manifests may ask not to be told of, and how.

use super::{found, lint_str};

const SET: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  DB_PASSWORD: hunter2
  SMTP_PASSWORD: hunter3
";

fn with(line: &str, text: &str) -> String {
    // The last one: `data:` also ends `metadata:`.
    let at = SET.rfind(line).unwrap();
    let changed = format!("{}{text}{}", &SET[..at], &SET[at + line.len()..]);
    assert_ne!(changed, SET);
    changed
}

#[test]
fn a_comment_covers_its_line() {
    let set = with(
        "  DB_PASSWORD: hunter2",
        "  DB_PASSWORD: hunter2 # stateproof:ignore SP028 made up",
    );
    let lint = lint_str(&set);
    assert_eq!(found(&lint), [("SP028", 7)]);
    assert_eq!(lint.suppressed[0].reason, "made up");
    assert_eq!(lint.suppressed[0].finding.place().line(), 6);
}

#[test]
fn a_comment_on_a_line_of_its_own_covers_what_begins_below_it() {
    let line = with(
        "  DB_",
        "  # stateproof:ignore SP028 made up\n  # by nobody\n\n  DB_",
    );
    assert_eq!(found(&lint_str(&line)), [("SP028", 10)]);
    let block = with("data:", "# stateproof:ignore SP028 made up\ndata:");
    assert_eq!(found(&lint_str(&block)), []);
    for object in [
        format!("# stateproof:ignore SP028: made up\n{SET}"),
        format!("---\n# stateproof:ignore sp028 made up\n{SET}"),
        format!("# stateproof:ignore SP028 made up\n---\n{SET}"),
    ] {
        assert_eq!(found(&lint_str(&object)), [], "{object}");
    }
}

#[test]
fn a_comment_does_not_reach_into_the_next_object() {
    let other = SET.replace("name: shop", "name: other");
    let lint = lint_str(&format!("# stateproof:ignore SP028 made up\n{SET}---\n{other}"));
    assert_eq!(found(&lint), [("SP028", 15), ("SP028", 16)]);
    assert_eq!(lint.suppressed.len(), 2);
}

#[test]
fn an_annotation_covers_its_object() {
    let annotated = with(
        "  name: shop",
        "  name: shop\n  annotations: { stateproof.dev/ignore: \"SP028: made up; SP030: none here\" }",
    );
    let lint = lint_str(&annotated);
    assert_eq!(found(&lint), [("SP102", 5)]);
    assert!(
        lint.findings[0].message.starts_with("SP030"),
        "{}",
        lint.findings[0]
    );
}

#[test]
fn without_a_reason_nothing_is_suppressed() {
    for (suppression, fault) in [
        ("# stateproof:ignore SP028", "without a reason"),
        ("# stateproof:ignore", "names no rule"),
        ("# stateproof:ignore SP999 why", "no rule SP999"),
        ("# stateproof:ignore SP101 why", "cannot be suppressed"),
    ] {
        let lint = lint_str(&with("data:", &format!("{suppression}\ndata:")));
        assert_eq!(
            found(&lint),
            [("SP101", 5), ("SP028", 7), ("SP028", 8)],
            "{suppression}"
        );
        assert!(lint.findings[0].message.contains(fault), "{}", lint.findings[0]);
    }
}

#[test]
fn several_rules_share_a_reason_and_each_has_to_be_of_use() {
    let lint = lint_str(&with("data:", "# stateproof:ignore SP028,SP030 made up\ndata:"));
    assert_eq!(found(&lint), [("SP102", 5)]);
}

/// A script's comment is text: it is no comment of the manifest.
#[test]
fn what_stands_in_a_value_suppresses_nothing() {
    for value in [
        "  script: |\n    # stateproof:ignore SP028 in a script\n    true\n  DB_",
        "  script: \"# stateproof:ignore SP028 in quotes\"\n  DB_",
        "  script: a#stateproof:ignore SP028 no comment\n  DB_",
    ] {
        let lint = lint_str(&with("  DB_", value));
        let ids: Vec<_> = found(&lint).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["SP028", "SP028"], "{value}");
        assert!(lint.suppressed.is_empty());
    }
}
