//! What GitHub reads is held to the published schemas of its formats. None of it was run on GitHub.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use stateproof::manifest::ManifestSet;

fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/schemas")
        .join(name);
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A YAML mapping as JSON: read as an object of Kubernetes, by what is put before it and taken away again.
pub fn mapping(text: &str) -> Value {
    let object = format!("apiVersion: v1\nkind: File\nmetadata: {{ name: file }}\n{text}");
    let set = ManifestSet::from_str("file", &object).unwrap();
    let mut value = set.iter().next().unwrap().json().clone();
    let fields = value.as_object_mut().unwrap();
    for added in ["apiVersion", "kind", "metadata"] {
        fields.remove(added);
    }
    // To Kubernetes an unquoted `on` is true; to GitHub it is a word (YAML 1.2).
    if let Some(on) = fields.remove("true") {
        fields.insert("on".to_owned(), on);
    }
    value
}

fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| error.to_string()).collect()
}

pub fn assert_workflow(text: &str) {
    let schema = schema("github-workflows.json");
    assert_eq!(faults(&schema, &mapping(text)), [""; 0], "{text}");
    let broken = text.replacen("runs-on:", "run-on:", 1);
    assert!(
        !faults(&schema, &mapping(&broken)).is_empty(),
        "the schema refuses nothing"
    );
}

#[test]
fn the_action_is_what_its_schema_says() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let schema = schema("github-actions.json");
    assert_eq!(faults(&schema, &mapping(&text)), [""; 0]);
    for (from, to) in [
        ("using: composite", "using: compote"),
        ("shell: bash", "shel: bash"),
    ] {
        let broken = mapping(&text.replacen(from, to, 1));
        assert!(!faults(&schema, &broken).is_empty(), "the schema takes `{to}`");
    }
}

#[test]
fn our_own_workflows_are_what_their_schema_says() {
    for name in ["pull-request.yml", "nightly.yml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(".github/workflows")
            .join(name);
        assert_workflow(&fs::read_to_string(path).unwrap());
    }
}
