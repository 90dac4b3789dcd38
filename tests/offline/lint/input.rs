//! Input that no manifest is: an error that says what is wrong, quickly, and never a panic.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::command::lint;

/// However long it may take at most: a limit of memory or depth is reached long before.
const SOON: Duration = Duration::from_secs(30);

fn refused(path: &Path, words: &[&str]) {
    let begun = Instant::now();
    let (code, out, err) = lint(&[path.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{out}{err}");
    assert!(out.is_empty() && !err.contains("panicked"), "{out}{err}");
    for word in words {
        assert!(err.contains(word), "{word} is not in {err}");
    }
    assert!(err.len() < 10_000, "{} bytes of errors", err.len());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_manifest_of_fifty_megabytes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("large.yaml");
    let line = "  key: a value that is not worth the paper it is written on\n";
    let mut text = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: large }\ndata:\n");
    while text.len() < 50 << 20 {
        text.push_str(line);
    }
    fs::write(&file, text).unwrap();
    refused(&file, &["more than 32 MiB in", "large.yaml"]);
}

#[test]
fn aliases_that_explode() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("laughs.yaml");
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let of = format!("*a{}", level - 1);
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![of; 10].join(", "));
    }
    fs::write(&file, text).unwrap();
    refused(&file, &["more than 1000000 values", "laughs.yaml:"]);
}

#[test]
fn deep_nesting() {
    let directory = tempfile::tempdir().unwrap();
    for (name, limit, text) in [
        ("lists.yaml", "recursion limit exceeded", "[".repeat(200_000)),
        (
            "mappings.yaml",
            "more than 100 levels of nesting",
            (0..500).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n"),
        ),
        ("flow.json", "recursion limit exceeded", "{\"a\":".repeat(100_000)),
    ] {
        let file = directory.path().join(name);
        fs::write(&file, text).unwrap();
        refused(&file, &[limit, name]);
    }
}

/// A directory that is its own grandchild: its files are read once.
#[cfg(unix)]
#[test]
fn a_loop_of_symbolic_links() {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    std::os::unix::fs::symlink(directory.path(), inner.join("up")).unwrap();
    fs::copy("fixtures/lint/SP028/bad-variable.yaml", inner.join("set.yaml")).unwrap();
    let (code, out, err) = lint(&[directory.path().to_str().unwrap()]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.ends_with("1 error in 2 objects\n"), "{out}");

    let own = tempfile::tempdir().unwrap();
    let link = own.path().join("self.yaml");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    refused(own.path(), &["self.yaml", "cannot be read"]);
}

/// Also by root, who may read every file of a directory: a process's memory has no first byte.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read() {
    refused(Path::new("/proc/self/mem"), &["/proc/self/mem cannot be read"]);
}

#[test]
fn bytes_that_are_no_text() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("binary.yaml");
    fs::write(&file, b"apiVersion: v1\nkind: \xff\xfe\n").unwrap();
    refused(&file, &["not UTF-8 text", "binary.yaml:2"]);
}

/// Shapes that Kubernetes refuses, in every place that a rule looks at: findings, and never a panic.
#[test]
fn every_field_may_be_of_another_type() {
    let text = fs::read_to_string("fixtures/lint/good/03-mysql-helm-like/rendered.yaml").unwrap();
    let set = stateproof::manifest::ManifestSet::from_str("set.yaml", &text).unwrap();
    let mut tried = 0;
    for manifest in set.iter() {
        for pointer in pointers(manifest.json(), String::new()) {
            for other in [
                serde_json::Value::Null,
                serde_json::json!(-1),
                serde_json::json!("x"),
                serde_json::json!([]),
                serde_json::json!({}),
            ] {
                let mut changed = manifest.json().clone();
                *changed.pointer_mut(&pointer).unwrap() = other;
                if let Ok(set) = stateproof::manifest::ManifestSet::from_str("set.json", &changed.to_string())
                {
                    let found = stateproof::lint::lint(&set, "default");
                    assert_eq!(found.objects, 1);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

fn pointers(value: &serde_json::Value, at: String) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                found.extend(pointers(field, format!("{at}/{name}")));
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                found.extend(pointers(item, format!("{at}/{index}")));
            }
        }
        _ => {}
    }
    if !at.is_empty() {
        found.push(at);
    }
    found
}
