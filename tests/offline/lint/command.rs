//! The command: its exit codes, and what it writes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

pub fn lint(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("lint")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

#[test]
fn the_exit_code_is_by_the_level_that_is_denied() {
    for (arguments, expected) in [
        (&["fixtures/lint/good/01-postgres"][..], 0),
        (&["fixtures/lint/good/01-postgres", "--deny", "info"], 0),
        (&["fixtures/lint/SP020/bad-default.yaml"], 0),
        (&["fixtures/lint/SP020/bad-default.yaml", "--deny", "warning"], 0),
        (&["fixtures/lint/SP020/bad-default.yaml", "--deny", "info"], 1),
        (&["fixtures/lint/SP029/bad-postgres.yaml"], 0),
        (&["fixtures/lint/SP029/bad-postgres.yaml", "--deny", "warning"], 1),
        (&["fixtures/lint/SP028/bad-variable.yaml"], 1),
        (&["fixtures/lint/SP028/bad-variable.yaml", "--format", "sarif"], 1),
        (&["fixtures/bad/not-yaml"], 2),
        (&["no/such/directory"], 2),
        (&["fixtures/lint/good/01-postgres", "--deny", "fatal"], 2),
        (&["fixtures/lint/good/01-postgres", "--format", "markdown"], 2),
        (&[], 2),
        (&["--explain", "SP999"], 2),
        (&["--explain", "all", "--format", "sarif"], 2),
        (&["--explain", "SP007"], 0),
    ] {
        let (code, out, err) = lint(arguments);
        assert_eq!(code, Some(expected), "{arguments:?}\n{out}\n{err}");
    }
}

/// A set without a database, and one that could not be proven, are looked at all the same.
#[test]
fn no_database_is_no_error() {
    for set in [
        "fixtures/bad/no-database",
        "fixtures/bad/no-service",
        "fixtures/bad/credential-secret-missing",
    ] {
        let (code, out, err) = lint(&[set]);
        assert!(code == Some(0) || code == Some(1), "{set}: {err}");
        assert!(out.contains(" in ") && err.is_empty(), "{set}: {out}{err}");
    }
}

#[test]
fn the_text_marks_the_line_and_counts() {
    let (_, out, _) = lint(&["fixtures/lint/SP028/bad-variable.yaml"]);
    insta::assert_snapshot!(out, @r"
    SP028

      × StatefulSet postgres: the variable POSTGRES_PASSWORD is a password in plain text
        ╭─[fixtures/lint/SP028/bad-variable.yaml:33:18]
     33 │           value: ******* # here: SP028
        ·                  ───┬───
        ·                     ╰── in plain text
        ╰────
      help: put it into a Secret that is not in version control and refer to it with
            valueFrom.secretKeyRef

    1 error in 2 objects
    ");
}

#[test]
fn a_rule_is_explained() {
    let (_, out, _) = lint(&["--explain", "sp004"]);
    for words in [
        "SP004 (warning): ",
        "To mend it: ",
        "CrunchyData/postgres-operator#3023",
        "--fix",
    ] {
        assert!(out.contains(words), "{out}");
    }
    let (_, out, _) = lint(&["--explain", "all"]);
    for rule in stateproof::lint::catalogue() {
        assert!(out.contains(rule.id), "{}", rule.id);
    }
}

#[test]
fn fix_writes_and_shows_what_it_does_and_a_dry_run_only_shows() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("set.yaml");
    fs::copy("fixtures/lint/SP004/bad-absent.yaml", &file).unwrap();
    let before = fs::read_to_string(&file).unwrap();
    let path = file.to_str().unwrap();

    let (code, out, err) = lint(&[path, "--fix", "--dry-run", "--deny", "warning"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("SP004"), "{out}");
    let added = "+        fsGroupChangePolicy: OnRootMismatch\n";
    assert!(err.contains(added) && !err.contains("\n-  "), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);

    let (code, out, err) = lint(&[path, "--fix", "--deny", "warning"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains(added) && out.contains("nothing found"), "{out}{err}");
    let after = fs::read_to_string(&file).unwrap();
    assert_eq!(
        after.replace("        fsGroupChangePolicy: OnRootMismatch\n", ""),
        before
    );
    assert_eq!(files(directory.path()), ["set.yaml"]);
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
