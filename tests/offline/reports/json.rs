//! `report.json` and its published schema hold each other.

use jsonschema::Validator;
use serde_json::{Value, json};
use stateproof::history::{Event, History};
use stateproof::plan::{Drill, Promise, Rounds};
use stateproof::report;
use stateproof::verdict::judge;

use crate::document::DRILLS;
use crate::tape::{Rows, Tape};

fn schema() -> Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/report.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn document(history: &History) -> Value {
    serde_json::from_str(&report::json(history, &judge(history)).unwrap()).unwrap()
}

fn check(name: &str, document: &Value) {
    let schema = schema();
    let errors: Vec<_> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// Every history that lies in the fixtures, and every tape.
fn histories() -> Vec<(String, History)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories");
    let mut all: Vec<(String, History)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some((path.display().to_string(), History::read(&path).ok()?)))
        .collect();
    assert!(all.len() >= 10, "{}", all.len());
    let lost = Rows {
        read: (11..=400).collect(),
        corrupt: vec![30],
        ..Rows::default()
    };
    all.push(("all drills".into(), Tape::of(&DRILLS).history()));
    all.push(("lost".into(), Tape::with(&[Drill::LosePod], &lost).history()));
    let rounds = Rounds::asked(Some(3), None, Some(7)).unwrap();
    all.push(("rounds".into(), Tape::rounds(&DRILLS, rounds, 3).history()));
    all.push((
        "a round failed".into(),
        Tape::rounds(&[Drill::LosePod], rounds, 3)
            .changed(fail_round_2)
            .history(),
    ));
    all.push(("nothing".into(), History::default()));
    all
}

fn fail_round_2(event: &mut Event) {
    if let Event::DrillEnded { drill, error } = event
        && drill.round == 2
    {
        *error = vec!["Pod postgres-0 was not Ready within 60 s".into()];
    }
}

#[test]
fn it_is_what_the_schema_says() {
    for (name, history) in histories() {
        check(&name, &document(&history));
    }
}

/// The twin: the schema refuses what is missing, what is besides, and what is of another kind.
#[test]
fn the_schema_refuses_anything_else() {
    let whole = document(&Tape::of(&DRILLS).history());
    let schema = schema();
    for key in whole.as_object().unwrap().keys() {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        assert!(!schema.is_valid(&without), "{key} may be missing");
    }
    for (pointer, value) in [
        ("/outcome", json!("Fine")),
        ("/format", json!(2)),
        ("/begun", json!("yesterday")),
        ("/promises/0/promise", json!("hope")),
        ("/promises/0/passed", json!("yes")),
        ("/recovery/0/ready_us", json!(-1)),
        ("/rows/0/lost", json!([[1, 2, 3]])),
        ("/facts/cluster", json!({})),
    ] {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&changed), "{pointer}");
    }
    let mut more = whole.clone();
    more["promises"][0]["mood"] = json!("good");
    assert!(!schema.is_valid(&more));
}

/// Every drill and every promise that there is can be written.
#[test]
fn the_schema_knows_every_drill() {
    let schema = schema();
    let whole = document(&Tape::of(&[Drill::LosePod]).history());
    for drill in Drill::ALL {
        let mut changed = whole.clone();
        changed["promises"][0]["drill"]["drill"] = serde_json::to_value(drill).unwrap();
        assert!(schema.is_valid(&changed), "{drill}");
    }
}

/// What cannot be a promise is answered with all that can.
#[test]
fn the_schema_knows_every_promise() {
    let schema = schema();
    let whole = document(&Tape::of(&[Drill::LosePod]).history());
    let error = serde_json::from_value::<Promise>(json!("?"))
        .unwrap_err()
        .to_string();
    let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(names.len() > 10 && names.contains(&"durability"), "{error}");
    for name in names {
        let mut changed = whole.clone();
        changed["promises"][0]["promise"] = json!(name);
        assert!(schema.is_valid(&changed), "{name}");
    }
}

#[test]
fn what_counts_is_worked_out() {
    let whole = document(&Tape::of(&[Drill::DeleteClaim]).history());
    let promises = whole["promises"].as_array().unwrap();
    let control = promises
        .iter()
        .find(|promise| promise["expected"] == "Violated")
        .unwrap();
    assert_eq!(control["observed"], "Violated");
    assert_eq!(
        (&control["outcome"], &control["passed"]),
        (&json!("Held"), &json!(true))
    );
    assert_eq!(
        (&whole["outcome"], &whole["passed"]),
        (&json!("Held"), &json!(true))
    );
}
