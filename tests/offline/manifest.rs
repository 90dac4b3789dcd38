//! Reading manifests.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;
use stateproof::manifest::{Manifest, ManifestSet, Problems};

use crate::fixtures::fixture;
use crate::refusals::{refused, shown};

pub fn read(paths: &[PathBuf]) -> Result<ManifestSet, Problems> {
    ManifestSet::read(paths)
}

pub fn parsed(text: &str) -> ManifestSet {
    ManifestSet::from_str("set.yaml", text).unwrap()
}

fn names(set: &ManifestSet) -> Vec<String> {
    set.iter().map(Manifest::to_string).collect()
}

/// A ConfigMap whose data is this.
pub fn config(data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c }}\ndata:\n{data}")
}

#[test]
fn a_directory_is_read_with_everything_below_it() {
    let set = read(&[fixture("wealist-postgres")]).unwrap();
    assert_eq!(
        names(&set),
        [
            "Namespace postgresql-prod",
            "Service postgresql-prod/postgres-service",
            "StatefulSet postgresql-prod/postgres",
        ]
    );
    assert_eq!(set.images(), ["postgres:16-alpine"]);
}

#[test]
fn every_field_is_located() {
    let set = read(&[fixture("wealist-postgres")]).unwrap();
    let places: Vec<String> = set
        .iter()
        .map(|manifest| manifest.place().file_and_line())
        .collect();
    assert_eq!(
        places,
        [
            "fixtures/wealist-postgres/1-namespaces/namespaces.yaml:2",
            "fixtures/wealist-postgres/4-database/postgres-service.yaml:2",
            "fixtures/wealist-postgres/4-database/postgres-statefulset.yaml:2",
        ]
    );
    let stateful_set = set.iter().last().unwrap();
    let file = "fixtures/wealist-postgres/4-database/postgres-statefulset.yaml";
    for (pointer, line, column) in [
        ("/spec/serviceName", 8, 16),
        ("/spec/template/spec/containers/0/image", 20, 16),
        ("/spec/template/spec/containers/0/env/2/value", 30, 18),
        ("/spec/template/spec/containers/0", 19, 9),
        ("/spec/volumeClaimTemplates/0/spec/accessModes", 47, 7),
        ("/spec/volumeClaimTemplates/0/spec/accessModes/0", 47, 22),
        // What is not there is looked for around where it would be.
        ("/spec/template/spec/containers/0/livenessProbe", 19, 9),
        ("/spec/template/spec/nodeName", 17, 5),
    ] {
        let place = stateful_set.locate(pointer);
        assert_eq!(place.to_string(), format!("{file}:{line}:{column}"), "{pointer}");
    }
}

#[test]
fn places_are_bytes_and_columns_are_characters() {
    let text = config(
        "  이름: \"값 # kein\" # 헤드리스!\n  b: |\n    여러\n    줄\n  'c''d': 'x''y' # '\n  e: 끝\r\n  f: g\r\n",
    );
    let set = parsed(&text);
    let manifest = set.iter().next().unwrap();
    for (pointer, line, column, marked) in [
        ("/data/이름", 5, 7, "\"값 # kein\""),
        ("/data/b", 6, 3, "b"),
        ("/data/c'd", 9, 11, "'x''y'"),
        ("/data/e", 10, 6, "끝"),
        ("/data/f", 11, 6, "g"),
    ] {
        let place = manifest.locate(pointer);
        assert_eq!((place.line(), place.column()), (line, column), "{pointer}");
        assert_eq!(&text[place.span()], marked, "{pointer}");
    }
    assert_eq!(manifest.json()["data"]["b"], "여러\n줄\n");
}

proptest! {
    /// Whatever the text, the place of a value is the value's text.
    #[test]
    fn every_value_is_where_it_is_said_to_be(values in prop::collection::vec("[a-zä-ü가-힣]{1,12}", 1..60)) {
        let lines: Vec<String> =
            values.iter().enumerate().map(|(i, value)| format!("  k{i}: s{value} # ü{value}")).collect();
        let text = config(&lines.join("\n"));
        let set = parsed(&text);
        let manifest = set.iter().next().unwrap();
        for (i, value) in values.iter().enumerate() {
            let place = manifest.locate(&format!("/data/k{i}"));
            prop_assert_eq!(&text[place.span()], &format!("s{value}"));
            prop_assert_eq!(place.line(), i + 5);
        }
    }

    /// No text makes the reader panic or hang, and every problem has a place to show.
    #[test]
    fn no_text_is_too_odd(text in "[\\[\\]{}:,&*!|>'\"%@`#a-c0-2\u{e9}\u{1f512}\n\t\r -]{0,200}") {
        if let Err(problems) = ManifestSet::from_str("odd.yaml", &text) {
            let shown = shown(&problems);
            prop_assert!(shown.contains("odd.yaml"), "{}", shown);
        }
    }
}

#[test]
fn several_documents_lists_and_json() {
    let text = "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n\
                - apiVersion: v1\n  kind: Secret\n  metadata:\n    name: a\n\
                - apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata:\n      name: b\n---\n\
                {\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\", \"metadata\": {\"name\": \"c\", \"namespace\": \"n\"}}\n...\n";
    let set = parsed(text);
    assert_eq!(names(&set), ["Secret a", "ConfigMap b", "Service n/c"]);
    let lines: Vec<usize> = set.iter().map(|manifest| manifest.place().line()).collect();
    assert_eq!(lines, [7, 14, 17]);
    let b = set.iter().nth(1).unwrap();
    assert_eq!(
        (b.api_version(), b.locate("/metadata/name").to_string()),
        ("v1", "set.yaml:15:13".into())
    );

    // A kind that merely ends so is no list.
    let odd = parsed("apiVersion: example.invalid/v1\nkind: AllowList\nmetadata: {name: x}\n");
    assert_eq!(names(&odd), ["AllowList x"]);
}

#[test]
fn scalars_anchors_and_merge_keys_mean_what_they_mean_to_kubectl() {
    let set = parsed(&config(
        "  on: yes\n  mode: 0644\n  quoted: \"0644\"\n  tagged: !!str 5\n  nothing:\n  date: 2026-01-02\n  \
         base: &base {a: 1, b: 2}\n  merged: {<<: *base, b: 3}\n  again: *base\n  \
         many: {<<: [{c: 4}, *base], a: 5}\n",
    ));
    assert_eq!(
        set.iter().next().unwrap().json()["data"],
        json!({
            "true": true, "mode": 420, "quoted": "0644", "tagged": "5", "nothing": null, "date": "2026-01-02",
            "base": {"a": 1, "b": 2}, "merged": {"a": 1, "b": 3}, "again": {"a": 1, "b": 2},
            "many": {"a": 5, "b": 2, "c": 4},
        })
    );
}

#[test]
fn what_is_used_is_applied_before_what_uses_it() {
    let kinds = [
        "Pod",
        "Ingress",
        "Service",
        "PersistentVolumeClaim",
        "ConfigMap",
        "Secret",
        "RoleBinding",
        "Role",
        "ServiceAccount",
        "PersistentVolume",
        "StorageClass",
        "CustomResourceDefinition",
        "StatefulSet",
        "Namespace",
    ];
    let documents = kinds.map(|kind| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n"));
    let text = documents.join("---\n");
    let set = parsed(&text);
    let order: Vec<&str> = set.in_apply_order().into_iter().map(Manifest::kind).collect();
    assert_eq!(
        order,
        [
            "Namespace",
            "CustomResourceDefinition",
            "PersistentVolume",
            "StorageClass",
            "Role",
            "ServiceAccount",
            "RoleBinding",
            "ConfigMap",
            "Secret",
            "PersistentVolumeClaim",
            "Service",
            "Ingress",
            "Pod",
            "StatefulSet",
        ]
    );
}

#[test]
fn images_are_named_once() {
    let set = parsed(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers: [{name: i, image: busybox:1.36}]\n  \
         containers: [{name: a, image: nginx}, {name: b, image: busybox:1.36}]\n---\n\
         apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {jobTemplate: {spec: {template: {spec: \
         {containers: [{name: a, image: postgres:16}, {name: b, image: nginx}]}}}}}\n",
    );
    assert_eq!(set.images(), ["busybox:1.36", "nginx", "postgres:16"]);
}

#[test]
fn one_object_in_two_versions() {
    let object = |port| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: db}}\nspec: {{ports: [{{port: {port}}}]}}\n"
        )
    };
    let alike = parsed(&format!("{}---\n{}", object(1), object(1)));
    assert_eq!(names(&alike), ["Service db"]);
    insta::assert_snapshot!(shown(&refused(&format!("{}---\n{}", object(1), object(2)))), @r"
    stateproof::manifest::declared_twice

      × Service db is declared twice, and differently: first at set.yaml:1:1
       ╭─[set.yaml:1:1]
     1 │ apiVersion: v1
       · ───────┬──────
       ·        ╰── first here
       ╰────
       ╭─[set.yaml:6:1]
     6 │ apiVersion: v1
       · ───────┬──────
       ·        ╰── again here
       ╰────
      help: keep one of the two, or verify each variant by itself
    ");

    let of_two_groups = parsed(
        "apiVersion: serving.invalid/v1\nkind: Service\nmetadata: {name: db}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: db}\n",
    );
    assert_eq!(of_two_groups.iter().count(), 2);
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_pipes_and_repetitions_do_not_hang() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(
        root.join("db.yaml"),
        "apiVersion: v1\nkind: Service\nmetadata: {name: db}\n",
    )
    .unwrap();
    symlink(root, root.join("self")).unwrap();
    symlink(root.join("db.yaml"), root.join("linked.yaml")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(root.join("pipe.yaml"))
        .status()
        .unwrap();
    assert!(pipe.success());
    let set = read(&[root.to_owned(), root.join("db.yaml")]).unwrap();
    assert_eq!(names(&set), ["Service db"]);

    symlink(root.join("gone"), root.join("dangling.yaml")).unwrap();
    let message = read(&[root.to_owned()]).unwrap_err().to_string();
    assert!(message.starts_with("no such file or directory"), "{message}");
}
