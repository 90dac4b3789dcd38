//! Documents that say what the code says: each has every name that there is, and none that there is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stateproof::config::Config;
use stateproof::history::{Event, History};
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome, Plan, Promise, Selection};
use stateproof::verdict::judge;
use stateproof::workload::{Change, discover};

use super::commands::commands;

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap_or_default()
}

/// The cells of every table row below a heading that begins with a name in code.
fn rows<'t>(text: &'t str, heading: &str) -> BTreeMap<&'t str, Vec<&'t str>> {
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let mut found = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let name = cells[0].split('`').nth(1).unwrap();
        assert!(found.insert(name, cells).is_none(), "{name} stands there twice");
    }
    found
}

fn names<'t>(rows: &BTreeMap<&'t str, Vec<&str>>) -> BTreeSet<&'t str> {
    rows.keys().copied().collect()
}

#[test]
fn every_drill_and_promise_is_described() {
    let text = document("drills.md");
    let (drills, promises) = (rows(&text, "The drills"), rows(&text, "The promises"));
    assert_eq!(names(&drills), Drill::ALL.into_iter().map(Drill::name).collect());
    assert_eq!(
        names(&promises),
        Promise::ALL.into_iter().map(Promise::name).collect()
    );
}

/// Every set of the fixtures that can be planned, with every drill asked for.
fn plans() -> Vec<Plan> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut sets: Vec<PathBuf> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let nested: Vec<PathBuf> = sets
        .iter()
        .filter(|set| set.is_dir())
        .flat_map(|set| fs::read_dir(set).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    sets.extend(nested);
    let selection = Selection {
        drills: Drill::ALL.to_vec(),
        ..Selection::default()
    };
    sets.into_iter()
        .filter(|set| set.is_dir())
        .filter_map(|set| ManifestSet::read(&[set]).ok())
        .filter_map(|set| discover(&set, "default").ok())
        .flatten()
        .flat_map(|found| {
            let change = Change {
                replicas: 1,
                replaces_pods: true,
                differs: vec!["spec.template".into()],
                immutable: Vec::new(),
            };
            let upgrade = Selection {
                upgrade: Some(change),
                ..Selection::default()
            };
            [&selection, &upgrade].map(|selection| Plan::new(found.workload.clone(), selection))
        })
        .collect()
}

/// What a drill promises by the document is what it promises in the plans of the fixtures, of all of them together.
#[test]
fn drills_promise_what_the_document_says() {
    let text = document("drills.md");
    let mut planned: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for drill in plans().iter().flat_map(|plan| &plan.drills) {
        let promises = drill
            .expectations
            .iter()
            .map(|expectation| expectation.promise.name());
        planned.entry(drill.drill.name()).or_default().extend(promises);
    }
    assert!(
        planned.len() >= Drill::ALL.len() - 1,
        "planned are only {:?}",
        planned.keys()
    );
    planned.insert(
        Drill::ExpectFailure.name(),
        BTreeSet::from([Promise::Failure.name()]),
    );
    let rows = rows(&text, "The drills");
    let written = rows
        .iter()
        .map(|(drill, cells)| (*drill, cells[2].split(", ").collect()));
    assert_eq!(written.collect::<BTreeMap<&str, BTreeSet<&str>>>(), planned);
}

/// Every event there is, by serde's own list of them.
fn events() -> BTreeSet<String> {
    let error = serde_json::from_str::<Event>(r#"{"event":"?"}"#)
        .unwrap_err()
        .to_string();
    let known = error.split("expected one of ").nth(1).unwrap();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_event_of_a_history_is_described() {
    let text = document("history.md");
    let rows = rows(&text, "The events");
    let written: BTreeSet<String> = rows.keys().map(|name| (*name).to_owned()).collect();
    assert!(
        events().contains("run-started") && events().len() > 30,
        "{:?}",
        events()
    );
    assert_eq!(written, events());
    assert!(
        text.contains(&format!("format {}", stateproof::history::FORMAT_VERSION)),
        "its version is missing"
    );
}

/// Every field that recorded histories have is named beside its event.
#[test]
fn every_field_of_a_recorded_event_is_described() {
    let text = document("history.md");
    let (rows, states) = (rows(&text, "The events"), rows(&text, "The states of objects"));
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/histories");
    let mut seen = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let history = fs::read_to_string(entry.unwrap().path()).unwrap();
        let records = history
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for record in records.filter(|record| record["event"].is_string()) {
            let event = record["event"].as_str().unwrap();
            let Some(row) = rows.get(event) else { continue };
            let state = record["state"].as_str().filter(|_| event == "observed");
            let of_state = state.map_or("", |state| states[state][2]);
            for field in record.as_object().unwrap().keys() {
                let common = ["seq", "at_us", "wall", "event"].contains(&field.as_str());
                // Those of a newer format are its own.
                let newer = record["format"].as_u64().is_some_and(|format| format > 1);
                assert!(
                    common
                        || newer
                        || [row[2], of_state]
                            .iter()
                            .any(|text| text.contains(&format!("`{field}`"))),
                    "{event}: `{field}` is not described"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "only {seen} fields were seen");
}

/// The exit codes of a command as its help has them: code and meaning.
fn exit_codes(command: &str) -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args([command, "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.split("Exit codes:\n").nth(1).unwrap_or_default().to_owned();
    listed
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| (code.to_owned(), meaning.trim().to_owned()))
        .collect()
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let text = document("exit-codes.md");
    let mut seen = 0;
    for command in commands() {
        let known = exit_codes(&command);
        if known.is_empty() {
            // One of the others, of which the last section tells.
            continue;
        }
        seen += 1;
        let heading = format!("`{command}`");
        let section = text
            .split("\n## ")
            .find(|section| section.lines().next().is_some_and(|line| line.contains(&heading)));
        let section = section.unwrap_or_else(|| panic!("{command} has no section"));
        let written: Vec<(String, String)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
            .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
            .filter(|(code, _)| code.parse::<u8>().is_ok())
            .collect();
        assert_eq!(written, known, "{command}");
    }
    assert!(seen > 8, "only {seen} commands name exit codes");
}

/// Every topic that a reader looks for has its page, and the README leads to it.
#[test]
fn every_topic_has_its_page() {
    let readme = document("../README.md");
    for (topic, page, words) in [
        ("claims", "claims.md", "D0."),
        ("rules", "rules.md", "SP001"),
        ("lint", "lint.md", "--deny"),
        ("drills", "drills.md", "lose-pod"),
        ("reports", "reports.md", "junit.xml"),
        ("history", "history.md", "run-started"),
        ("exit codes", "exit-codes.md", "130"),
        ("clusters", "clusters.md", "--context"),
        (
            "machines without a registry",
            "without-a-registry.md",
            "--images build",
        ),
    ] {
        let text = document(page);
        assert!(
            text.lines().count() > 20 && text.contains(words),
            "{topic}: {page}"
        );
        assert!(
            readme.contains(&format!("](docs/{page})")),
            "the README does not lead to {page}"
        );
    }
}

/// The runs that the pictures of reports are made of came to what the pictures are said to show.
#[test]
fn the_pictures_are_of_such_runs() {
    for (run, outcome) in [("held", Outcome::Held), ("violated", Outcome::Violated)] {
        let history = History::read(format!("docs/runs/{run}.jsonl")).unwrap();
        assert_eq!(judge(&history).outcome, outcome, "{run}");
        let picture = format!("report-{run}.png");
        assert!(
            fs::read(Path::new("docs").join(&picture))
                .unwrap()
                .starts_with(b"\x89PNG")
        );
        assert!(document("reports.md").contains(&picture) && document("../README.md").contains(&picture));
    }
}

/// The blocks of a document in this language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    let known = fenced.filter_map(|block| block.split_once('\n'));
    known
        .filter(|(named, _)| *named == language)
        .map(|(_, block)| block)
        .collect()
}

/// What the README has somebody write into `stateproof.toml` is read.
#[test]
fn the_settings_of_the_readme_are_settings() {
    let readme = document("../README.md");
    let found = blocks(&readme, "toml");
    let [settings] = found[..] else {
        panic!("{found:?}")
    };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("stateproof.toml");
    // A variable that there is: another's absence would be a problem of its own.
    let settings = &settings.replace("ORDERS_PASSWORD", "PATH");
    let ca = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap();
    fs::write(directory.path().join("ca.crt"), ca.cert.pem()).unwrap();
    fs::write(&file, settings).unwrap();
    Config::read(&file).unwrap();
    fs::write(&file, settings.replace("password_env", "password_evn")).unwrap();
    assert!(Config::read(&file).is_err(), "whatever is written is taken");
}

/// The README's test is one that is really run: the first of examples/team, but for where the manifests are.
#[test]
fn the_test_of_the_readme_is_run() {
    let readme = document("../README.md");
    let found = blocks(&readme, "rust,no_run");
    let [test] = found[..] else { panic!("{found:?}") };
    let (_, test) = test.split_once("#[tokio::test]").unwrap();
    let test = test
        .replace("\"k8s/\"", "\"k8s/postgres\"")
        .replace("std::error::Error", "Error");
    let run = document("../examples/team/tests/state.rs");
    assert!(run.contains(test.trim()), "{test}");
}

/// Every link of the README and the documents leads to a file that is there.
#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        pages.push(entry.unwrap().path());
    }
    let mut links = 0;
    for page in pages
        .iter()
        .filter(|page| page.extension().is_some_and(|end| end == "md"))
    {
        let text = fs::read_to_string(page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link)
        {
            let path = link.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") {
                let target = page.parent().unwrap().join(path);
                assert!(target.exists(), "{}: {link} leads nowhere", page.display());
                links += 1;
            }
        }
    }
    assert!(links > 20, "only {links} links were found");
}
