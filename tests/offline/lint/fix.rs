//! What `--fix` changes, and that it changes nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use stateproof::lint::{FixError, Fixed, fix, lint};
use stateproof::manifest::ManifestSet;

use super::{found, lint_path};

/// A text with what could be mended in it.
fn fixed(text: &str) -> Result<Fixed, FixError> {
    let set = ManifestSet::from_str("set.yaml", text).unwrap();
    let lint = lint(&set, "default");
    let texts = BTreeMap::from([("set.yaml".to_owned(), text.to_owned())]);
    fix(&lint, &texts).remove("set.yaml").expect("something to mend")
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new("fixtures/lint").join(path)).unwrap()
}

/// Every bad fixture of a rule that mends: one line more or one value less, and nothing left of it.
#[test]
fn every_fixable_rule_mends_its_bad_fixtures() {
    let mut mended = 0;
    for rule in stateproof::lint::catalogue().iter().filter(|rule| rule.fixable) {
        for entry in fs::read_dir(Path::new("fixtures/lint").join(rule.id)).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("bad-") {
                let text = fs::read_to_string(&path).unwrap();
                let fixed = fixed(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let after = lint(
                    &ManifestSet::from_str("set.yaml", &fixed.text).unwrap(),
                    "default",
                );
                assert!(
                    after.findings.is_empty(),
                    "{}: {:?}",
                    path.display(),
                    found(&after)
                );
                mended += fixed.fixes;
            }
        }
    }
    assert!(mended >= 4, "{mended}");
}

#[test]
fn a_line_is_put_in_and_no_other_byte_is_changed() {
    let text = read("SP004/bad-absent.yaml");
    let expected = text.replace(
        "        fsGroup: 999 # here: SP004\n",
        "        fsGroup: 999 # here: SP004\n        fsGroupChangePolicy: OnRootMismatch\n",
    );
    assert_eq!(fixed(&text).unwrap().text, expected);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(fixed(&windows).unwrap().text, expected.replace('\n', "\r\n"));
    let marked = format!("\u{feff}{text}");
    assert_eq!(fixed(&marked).unwrap().text, format!("\u{feff}{expected}"));
}

#[test]
fn a_flow_mapping_stays_one() {
    let text = read("SP004/bad-always.yaml");
    let expected = text.replace(
        "fsGroupChangePolicy: Always",
        "fsGroupChangePolicy: OnRootMismatch",
    );
    assert_eq!(fixed(&text).unwrap().text, expected);
    let text = text.replace(", fsGroupChangePolicy: Always", "");
    assert_eq!(fixed(&text).unwrap().text, expected);
}

#[test]
fn json_stays_json() {
    let yaml = read("SP011/bad-absent.yaml");
    let set = ManifestSet::from_str("set.yaml", &yaml).unwrap();
    let items: Vec<_> = set.iter().map(|manifest| manifest.json().clone()).collect();
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items });
    for text in [list.to_string(), serde_json::to_string_pretty(&list).unwrap()] {
        let after: serde_json::Value = serde_json::from_str(&fixed(&text).unwrap().text).unwrap();
        assert_eq!(after["items"][0]["spec"]["publishNotReadyAddresses"], true);
    }
}

/// The mapping is repeated elsewhere: mending it there would change the other too.
#[test]
fn what_an_alias_repeats_is_left_alone() {
    let text = read("SP004/bad-absent.yaml").replace("securityContext:\n", "securityContext: &context\n");
    assert!(fixed(&text).is_ok());
    let twice = text.replace(
        "      containers:",
        "      x-context: *context\n      containers:",
    );
    assert_ne!(twice, text);
    assert_eq!(
        fixed(&twice),
        Err(FixError::MoreThanMeant {
            file: "set.yaml".to_owned()
        })
    );
}

#[test]
fn a_file_that_has_changed_meanwhile_is_left_alone() {
    let text = read("SP004/bad-absent.yaml");
    let set = ManifestSet::from_str("set.yaml", &text).unwrap();
    let lint = lint(&set, "default");
    for other in [
        "",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n",
        &text.replacen('\n', "\n\n\n# more\n", 1),
    ] {
        let texts = BTreeMap::from([("set.yaml".to_owned(), other.to_owned())]);
        assert!(fix(&lint, &texts)["set.yaml"].is_err(), "{other}");
    }
}

#[test]
fn what_is_mended_needs_no_mending() {
    let text = fixed(&read("SP011/bad-absent.yaml")).unwrap().text;
    let set = ManifestSet::from_str("set.yaml", &text).unwrap();
    let texts = BTreeMap::from([("set.yaml".to_owned(), text)]);
    assert!(fix(&lint(&set, "default"), &texts).is_empty());
    assert!(
        !lint_path(Path::new("fixtures/lint/SP004/bad-absent.yaml"))
            .findings
            .is_empty()
    );
}

proptest! {
    /// Whatever the indent, the comments and the line breaks.
    #[test]
    fn the_rest_of_the_file_is_never_touched(indent in 1usize..7, comment in "( #[ a-zé]{0,9})?", windows: bool) {
        let text = read("SP004/bad-absent.yaml");
        let pad = " ".repeat(6 + indent);
        let mut text = text.replace("        fsGroup: 999 # here: SP004", &format!("{pad}fsGroup: 999{comment}"));
        let mut line = format!("{pad}fsGroupChangePolicy: OnRootMismatch\n");
        if windows {
            text = text.replace('\n', "\r\n");
            line = line.replace('\n', "\r\n");
        }
        let after = fixed(&text).unwrap().text;
        prop_assert_eq!(after.replacen(&line, "", 1), text);
    }
}
