//! Passwords with every kind of character: they work, and show nowhere. Sources: `fixtures/SOURCES.md`.

use std::collections::BTreeMap;

use stateproof::history::{Event, History};
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome};
use stateproof::report::{html, json, junit, render, summary};
use stateproof::run::Verification;
use stateproof::verdict::judge;

use crate::support::marker::Marker;
use crate::support::{WIDE, cluster, fixture, proven};

const SETS: [&str; 2] = ["db-mysql-odd-password", "db-postgres-odd-password"];

/// What is in each of them, and what no format writes otherwise.
const STRETCH: &str = "abcdefghijklmnopqrstuvwxyzABCDEF";

/// With passwords of 200 characters, quotes and all, rows survive as with any other, and they are in nothing that is
/// written: neither history nor report has so much as a stretch of one.
#[test]
fn odd_passwords_work_and_never_show() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.jsonl");
    let verification = Verification::of(SETS.map(fixture)).cluster(cluster());
    let proven = proven(&verification.drills(&[Drill::LosePod]).history(&file));
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    assert_eq!(
        proven.verdict.promises.len(),
        10,
        "of either database, all that lose-pod promises"
    );
    let lines = std::fs::read_to_string(&file).unwrap();
    assert!(lines.contains("acknowledged"), "{lines}");

    let passwords = passwords();
    assert_eq!(passwords.len(), 3);
    for password in passwords.iter().map(String::as_str).chain([STRETCH]) {
        let marker = Marker::new(password);
        for (output, text) in said(&proven.history, &lines) {
            assert_eq!(marker.found_in(&text), None, "a password is in {output}");
        }
    }

    // The twin: a password that is said is found by the same look.
    for password in passwords {
        assert!(password.contains(STRETCH), "{password}");
        let planted = planted(&proven.history, &password);
        let records = planted
            .records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap());
        let said = said(&planted, &records.collect::<Vec<_>>().join("\n"));
        for (output, text) in &said {
            assert!(
                Marker::new(STRETCH).found_in(text).is_some(),
                "not found in {output}"
            );
        }
        let whole = |output: &str| Marker::new(&password).found_in(&said[output]);
        assert_eq!(whole("run.jsonl"), Some("JSON-escaped"));
        assert_eq!(whole("report.json"), Some("JSON-escaped"));
        assert_eq!(whole("the text"), Some("as it is"));
    }
}

/// All that is written of a run: its history, as these lines, and the reports.
fn said(history: &History, lines: &str) -> BTreeMap<&'static str, String> {
    let verdict = judge(history);
    BTreeMap::from([
        ("run.jsonl", lines.to_owned()),
        ("the text", render(&verdict, &WIDE)),
        ("report.json", json(history, &verdict).unwrap()),
        ("report.html", html(history, &verdict)),
        ("junit.xml", junit(history, &verdict).unwrap()),
        ("the summary", summary(&verdict)),
    ])
}

/// The history with a password in place of what a server said of its reads.
fn planted(history: &History, password: &str) -> History {
    let mut planted = history.clone();
    for record in &mut planted.records {
        if let Event::Read { level, .. } = &mut record.event {
            password.clone_into(level);
        }
    }
    planted
}

/// The passwords in the sets' Secrets.
fn passwords() -> Vec<String> {
    let set = ManifestSet::read(&SETS.map(fixture)).unwrap();
    let secrets = ["mysql-secret", "pg-secret"]
        .map(|name| set.named(name).next().unwrap().json()["stringData"].clone());
    let values = secrets.iter().flat_map(|data| data.as_object().unwrap().values());
    values.map(|value| value.as_str().unwrap().to_owned()).collect()
}
