//! What programs read.

use std::path::Path;

use serde_json::Value;
use stateproof::report::{lint_json, sarif};

use super::{lint_path, lint_str};

/// The published schema; one pattern of it has a bracket that closes nothing, which JavaScript takes for itself and other
/// engines refuse.
fn schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string("tests/schemas/sarif-2.1.0.json").unwrap();
    let stray = r#"-[a-zA-Z]{2}]?$""#;
    assert!(text.contains(stray));
    let text = text.replace(stray, r#"-[a-zA-Z]{2}\\]?$""#);
    jsonschema::draft7::new(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn valid(schema: &jsonschema::Validator, log: &Value) {
    let errors: Vec<String> = schema
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn sarif_is_valid() {
    let schema = schema();
    for set in [
        "fixtures/db-mysql-init-container",
        "fixtures/grade-submission/5-post-start",
        "fixtures/lint/good/01-postgres",
        "fixtures/lint/SP102/good-used.yaml",
        "fixtures/lint/SP025",
    ] {
        // A directory of fixtures declares one object several times: a file each, then.
        let paths = if set.ends_with("SP025") {
            let files = std::fs::read_dir(set).unwrap();
            files.map(|file| file.unwrap().path()).collect()
        } else {
            vec![Path::new(set).to_owned()]
        };
        for path in paths {
            let log: Value = serde_json::from_str(&sarif(&lint_path(&path))).unwrap();
            valid(&schema, &log);
        }
    }
}

/// The schema is the real one: it refuses what is not SARIF.
#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let schema = schema();
    let good: Value =
        serde_json::from_str(&sarif(&lint_path(Path::new("fixtures/wealist-postgres")))).unwrap();
    valid(&schema, &good);
    for (pointer, value) in [
        ("/version", Value::from("2.2")),
        ("/runs/0/results/0/level", Value::from("info")),
        ("/runs/0/results/0/message", Value::from("text")),
        (
            "/runs/0/results/0/locations/0/physicalLocation/region/startLine",
            Value::from(0),
        ),
        ("/runs/0/tool/driver/name", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
}

#[test]
fn sarif_names_the_rule_the_place_and_what_is_suppressed() {
    let log: Value = serde_json::from_str(&sarif(&lint_path(Path::new(
        "fixtures/lint/SP102/good-used.yaml",
    ))))
    .unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "SP030");
    assert_eq!(result["suppressions"][0]["kind"], "inSource");
    assert_eq!(
        result["suppressions"][0]["justification"],
        "rows of the preview are made anew each night"
    );
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        location["artifactLocation"]["uri"],
        "fixtures/lint/SP102/good-used.yaml"
    );
    assert_eq!(location["region"]["startLine"], 44);
    let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "SP030");
}

#[test]
fn json_has_the_shape_that_the_page_describes() {
    let json: Value = serde_json::from_str(&lint_json(&lint_path(Path::new(
        "fixtures/lint/SP025/bad-mongosh.yaml",
    ))))
    .unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["findings"]).unwrap(), @r#"
    [
      {
        "column": 29,
        "end_column": 36,
        "end_line": 35,
        "file": "fixtures/lint/SP025/bad-mongosh.yaml",
        "fixable": false,
        "help": "call what the image has (mongo up to MongoDB 4.4, mongosh from 6.0 on), or use another image",
        "level": "error",
        "line": 35,
        "message": "the image mongo:4.4 has no mongosh",
        "object": "StatefulSet mongo",
        "related": [
          {
            "column": 16,
            "end_column": 25,
            "end_line": 32,
            "file": "fixtures/lint/SP025/bad-mongosh.yaml",
            "line": 32,
            "message": "this image"
          }
        ],
        "rule": "SP025",
        "title": "a script calls a program that the image does not have"
      }
    ]
    "#);
    let page = std::fs::read_to_string("docs/lint.md").unwrap();
    let fields = json["findings"][0].as_object().unwrap().keys();
    for field in fields.chain(json.as_object().unwrap().keys()) {
        assert!(
            page.contains(&format!("`{field}`")),
            "docs/lint.md does not tell of {field}"
        );
    }
}

/// A password is in no output, wherever it stands in the manifest.
#[test]
fn no_format_shows_a_password() {
    let set = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
      - name: shop
        image: registry.example/shop:1
        env:
        - { name: DB_PASSWORD, value: pl4nted }
        - { name: URL, value: 'mongodb://shop:pl4nted@mongo/shop?w=1' }
";
    let lint = lint_str(set);
    assert_eq!(lint.findings.len(), 3);
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    let text = stateproof::report::lint_text(&lint, &handler);
    for output in [text, lint_json(&lint), sarif(&lint)] {
        assert!(!output.contains("pl4nted"), "{output}");
        assert!(output.contains("SP028") && output.contains("SP023"), "{output}");
    }
}
