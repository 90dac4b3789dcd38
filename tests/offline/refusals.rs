//! What is refused when manifests are read, and how that is told.

use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use miette::{GraphicalReportHandler, GraphicalTheme};
use stateproof::manifest::{ManifestSet, Problems};

use crate::fixtures::fixture;
use crate::manifest::{config, parsed, read};

/// Problems as a terminal without colours shows them.
pub fn shown(problems: &Problems) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_links(false);
    problems.render(&handler)
}

pub fn refused(text: &str) -> Problems {
    ManifestSet::from_str("set.yaml", text).unwrap_err()
}

#[test]
fn a_file_that_is_not_yaml() {
    insta::assert_snapshot!(shown(&read(&[fixture("bad/not-yaml")]).unwrap_err()), @r"
    stateproof::manifest::not_yaml

      × not YAML: while parsing a block mapping, did not find expected key
        ╭─[fixtures/bad/not-yaml/4-database/postgres-statefulset.yaml:23:10]
     23 │          name: postgres
        ·          ┬
        ·          ╰── here
        ╰────
      help: correct the file at this place; a template is rendered first: `helm template … |
            stateproof verify -`
    ");
}

#[test]
fn a_missing_directory() {
    let problems = read(&[fixture("no-such-directory")]).unwrap_err();
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::manifest::not_found

      × no such file or directory: fixtures/no-such-directory
      help: name a directory or a file of manifests, or `-` for standard input
    ");
}

#[test]
fn an_empty_directory() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("empty")).unwrap();
    fs::write(directory.path().join("README.md"), "no manifest").unwrap();
    fs::write(directory.path().join(".hidden.yaml"), "a: [").unwrap();
    let message = read(&[directory.path().to_owned()]).unwrap_err().to_string();
    assert_eq!(
        message,
        format!("no Kubernetes object in {}", directory.path().display())
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "kind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: 5}\n---\n\
                - a\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b, name: c}\n";
    insta::assert_snapshot!(refused(text), @r"
    set.yaml:1:1: not a Kubernetes object: `apiVersion` is missing
    set.yaml:6:18: not a Kubernetes object: `metadata.name` is a number, not text
    set.yaml:8:1: not a Kubernetes object: expected a mapping, found a list
    set.yaml:12:21: the key `name` stands twice in one mapping
    ");
    insta::assert_snapshot!(shown(&refused(text)), @r"
    stateproof::manifest::field_missing

      × not a Kubernetes object: `apiVersion` is missing
       ╭─[set.yaml:1:1]
     1 │ kind: Service
       · ──────┬──────
       ·       ╰── `apiVersion` is missing
       ╰────
      help: a manifest has `apiVersion`, `kind` and `metadata.name`; leave out files that are no
            manifests

    stateproof::manifest::field_missing

      × not a Kubernetes object: `metadata.name` is a number, not text
       ╭─[set.yaml:6:18]
     6 │ metadata: {name: 5}
       ·                  ┬
       ·                  ╰── `metadata.name` is a number, not text
       ╰────
      help: a manifest has `apiVersion`, `kind` and `metadata.name`; leave out files that are no
            manifests

    stateproof::manifest::not_an_object

      × not a Kubernetes object: expected a mapping, found a list
       ╭─[set.yaml:8:1]
     8 │ - a
       · ─┬─
       ·  ╰── this is no Kubernetes object
       ╰────
      help: a manifest has `apiVersion`, `kind` and `metadata.name`; leave out files that are no
            manifests

    stateproof::manifest::duplicate_key

      × the key `name` stands twice in one mapping
        ╭─[set.yaml:12:21]
     12 │ metadata: {name: b, name: c}
        ·            ──┬─     ──┬─
        ·              │        ╰── here
        ·              ╰── first here
        ╰────
      help: keep one of the two: which of them would count is not defined
    ");
}

#[test]
fn a_template_is_not_yaml() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-db\n";
    insta::assert_snapshot!(shown(&refused(text)), @r"
    stateproof::manifest::not_yaml

      × not YAML: a key that is no text
       ╭─[set.yaml:4:10]
     4 │   name: {{ .Release.Name }}-db
       ·          ─┬
       ·           ╰── here
       ╰────
      help: correct the file at this place; a template is rendered first: `helm template … |
            stateproof verify -`
    ");
}

#[test]
fn recipes_have_to_be_rendered_first() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for below in ["chart/templates", "overlay/patches"] {
        fs::create_dir_all(root.join(below)).unwrap();
    }
    fs::write(root.join("chart/Chart.yaml"), "apiVersion: v2\nname: db\n").unwrap();
    fs::write(root.join("chart/templates/db.yaml"), "{{ if }}").unwrap();
    fs::write(root.join("overlay/kustomization.yaml"), "resources: [../base]\n").unwrap();
    fs::write(root.join("overlay/patches/patch.yaml"), "spec: {}\n").unwrap();
    let problems = read(&[root.to_owned()]).unwrap_err();
    let shown = shown(&problems).replace(&root.display().to_string(), "DIR");
    insta::assert_snapshot!(shown, @r"
    stateproof::manifest::helm_chart

      × a Helm chart is not applied as it is
       ╭─[DIR/chart/Chart.yaml:1:1]
     1 │ apiVersion: v2
       · ───────┬──────
       ·        ╰── this is a recipe for manifests
       ╰────
      help: run `helm template … | stateproof verify -`

    stateproof::manifest::kustomization

      × a kustomization is not applied as it is
       ╭─[DIR/overlay/kustomization.yaml:1:1]
     1 │ resources: [../base]
       · ──────────┬─────────
       ·           ╰── this is a recipe for manifests
       ╰────
      help: run `kustomize build … | stateproof verify -`
    ");

    // By its kind and by its name alone, too.
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n";
    assert!(refused(kustomization).to_string().contains("kustomization"));
    let file = root.join("overlay/kustomization.yaml");
    assert!(
        read(&[file])
            .unwrap_err()
            .to_string()
            .ends_with("a kustomization is not applied as it is")
    );
}

#[test]
fn bytes_that_are_not_text() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("db.yaml");
    fs::write(&file, b"apiVersion: v1\nkind: \xff\n").unwrap();
    let message = read(std::slice::from_ref(&file)).unwrap_err().to_string();
    assert_eq!(message, format!("{}:2:7: not UTF-8 text", file.display()));
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let mut laughs = config("  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(laughs, "  a{level}: &a{level} [{below}]").unwrap();
    }
    let mut ladder = config("  a0: &a0 [x]\n");
    for level in 1..2_000 {
        let (open, close) = ("[".repeat(40), "]".repeat(40));
        writeln!(ladder, "  a{level}: &a{level} {open}*a{}{close}", level - 1).unwrap();
    }
    for (name, text, told) in [
        ("billion laughs", laughs, "more than 1000000 values"),
        ("a ladder of aliases", ladder, "more than 100 levels of nesting"),
        (
            "lists in a line",
            config(&format!("  a: {}", "[".repeat(100_000))),
            "recursion limit exceeded",
        ),
        (
            "blocks",
            config(&format!("  a:\n    {}", "- ".repeat(20_000))),
            "more than 100 levels of nesting",
        ),
        ("an alias of itself", config("  a: &a [*a]\n"), "not complete"),
        (
            "an alias of another document's anchor",
            config("  a: &a b\n---\na: *a\n"),
            "not in this document",
        ),
        (
            "a wide list",
            config(&format!("  a: [{}]\n", "1,".repeat(2_100_000))),
            "more than 1000000 values",
        ),
    ] {
        let begun = Instant::now();
        let message = refused(&text).to_string();
        assert!(message.contains(told), "{name}: {message}");
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "{name} took {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn a_file_that_never_ends_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("large.yaml");
    fs::File::create(&file).unwrap().set_len(64 << 30).unwrap();
    let message = read(std::slice::from_ref(&file)).unwrap_err().to_string();
    assert!(message.starts_with("more than 32 MiB in "), "{message}");
}

#[test]
fn passwords_are_in_no_message() {
    // On the line that is shown, behind a comment, in a Secret, in the environment, in a text that is not YAML.
    for text in [
        "kind: Secret\nmetadata: {name: s}\nstringData: {a: planted}\n",
        "{kind: Secret, metadata: {name: s}, data: {a: planted}}\n",
        "kind: Pod\nspec: {containers: [{env: [{name: DB_PASSWORD, value: planted}]}]}\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {API_TOKEN: planted, password: planted}\nmetadata: {}\n",
        "apiVersion: v1\nkind: Secret\nstringData:\n  password: \"planted\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  env:\n  - name: PASSWORD\n    value: \"planted\" x\n",
    ] {
        let problems = refused(text);
        for output in [shown(&problems), problems.to_string(), format!("{problems:?}")] {
            assert!(!output.contains("planted"), "{output}");
        }
    }
    let set = parsed("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: planted}\n");
    assert!(!format!("{set:?}").contains("planted"));
}
