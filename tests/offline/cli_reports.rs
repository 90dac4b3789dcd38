//! The command line's reports: which files it writes, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FILES: [&str; 4] = ["junit.xml", "report.html", "report.json", "summary.md"];

fn stateproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stateproof"));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("NO_COLOR")
        .env_remove("GITHUB_STEP_SUMMARY");
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn history(name: &str) -> String {
    format!("fixtures/histories/{name}.jsonl")
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_format_is_made_and_made_again_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (directory.path().join("one"), directory.path().join("deep/other"));
    for out in [&one, &other] {
        let (code, text, err) = run(&mut stateproof(&[
            "report",
            &history("all-drills"),
            "--out",
            out.to_str().unwrap(),
        ]));
        assert_eq!(code, Some(0), "{err}");
        assert!(text.starts_with("Held: "), "{text}");
        assert!(err.contains("report.html"), "{err}");
        assert_eq!(files(out), FILES);
    }
    for name in FILES {
        assert_eq!(
            fs::read(one.join(name)).unwrap(),
            fs::read(other.join(name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn reports_are_made_beside_the_history_unless_told_otherwise() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("run.jsonl");
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(history("lost-row")),
        &copy,
    )
    .unwrap();
    let (code, text, err) = run(&mut stateproof(&["-q", "report", copy.to_str().unwrap()]));
    assert_eq!(code, Some(1), "{err}");
    assert!(text.starts_with("Violated: "), "{text}");
    assert!(err.is_empty(), "quiet says nothing but the verdict: {err}");
    assert_eq!(files(directory.path()).len(), FILES.len() + 1);
}

#[test]
fn a_history_that_was_cut_off_is_reported_and_inconclusive() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let (code, text, err) = run(&mut stateproof(&["report", &history("cut-off"), "--out", out]));
    assert_eq!(code, Some(3), "{err}");
    assert!(text.starts_with("Inconclusive: "), "{text}");
    let page = fs::read_to_string(directory.path().join("report.html")).unwrap();
    assert!(page.contains("it was cut off"));
}

#[test]
fn what_is_no_history_makes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let garbage = directory.path().join("garbage.jsonl");
    fs::write(&garbage, "\u{0}\u{1b}[2J not json\n").unwrap();
    let beginning =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(history("lose-pod"))).unwrap();
    let spoiled = directory.path().join("spoiled.jsonl");
    fs::write(&spoiled, beginning.replacen("\"seq\":7,", "\"seq\":7;", 1)).unwrap();
    let out = directory.path().join("out");
    for (file, words) in [
        (history("newer-format"), "format"),
        (garbage.display().to_string(), "line 1"),
        (spoiled.display().to_string(), "line 8 is not a record"),
        ("no/such/file".to_owned(), "no/such/file"),
        (directory.path().display().to_string(), "cannot read the history"),
    ] {
        for command in [
            vec!["report", &file, "--out", out.to_str().unwrap()],
            vec!["judge", &file],
        ] {
            let (code, text, err) = run(&mut stateproof(&command));
            assert_eq!(code, Some(2), "{file}: {err}");
            assert!(err.contains(words) && text.is_empty(), "{file}: {err}");
            assert!(!err.contains('\u{1b}'), "{err}");
        }
    }
    assert!(!out.exists());
}

#[test]
fn a_report_that_cannot_be_written_does_not_pass() {
    let (code, _, err) = run(&mut stateproof(&[
        "report",
        &history("lose-pod"),
        "--out",
        "/dev/null/out",
    ]));
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("/dev/null/out"), "{err}");
}

#[test]
fn the_summary_is_appended_to_the_jobs() {
    let directory = tempfile::tempdir().unwrap();
    let job = directory.path().join("job.md");
    fs::write(&job, "before\n").unwrap();
    let out = directory.path().join("out");
    let mut command = stateproof(&["report", &history("lost-row"), "--out", out.to_str().unwrap()]);
    let (code, _, err) = run(command.env("GITHUB_STEP_SUMMARY", &job));
    assert_eq!(code, Some(1), "{err}");
    let text = fs::read_to_string(&job).unwrap();
    let summary = fs::read_to_string(out.join("summary.md")).unwrap();
    assert_eq!(text, format!("before\n{summary}\n"));
}

/// Manifests that are refused leave nothing behind, not even the report's directory.
#[test]
fn a_refused_set_leaves_no_directory() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("report");
    let (code, _, err) = run(stateproof(&[
        "verify",
        "fixtures/bad/not-yaml",
        "--report",
        out.to_str().unwrap(),
    ])
    .env("PATH", "")
    .env("STATEPROOF_STATE", directory.path().join("state")));
    assert_eq!(code, Some(2), "{err}");
    assert!(!out.exists());
}

#[test]
fn compare_ends_by_what_got_worse() {
    let (held, lost) = (history("lose-pod"), history("lost-row"));
    for (old, new, exit, words) in [
        (&held, &held, 0, "Not worse: "),
        (&held, &lost, 1, "durability: Held → Violated"),
        (&lost, &held, 0, "durability: Violated → Held"),
        (&held, &history("newer-format"), 2, "newer-format.jsonl"),
        (&"no/such/file".to_owned(), &held, 2, "no/such/file"),
        (&held, &"src".to_owned(), 2, "there is no history"),
    ] {
        let (code, text, err) = run(&mut stateproof(&["compare", old, new]));
        assert_eq!(code, Some(exit), "{old} {new}: {text}{err}");
        assert!(format!("{text}{err}").contains(words), "{old} {new}: {text}{err}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn compare_takes_directories_of_repeats() {
    let directory = tempfile::tempdir().unwrap();
    for (run, name) in [("1", "lose-pod"), ("2", "lose-pod"), ("3", "lost-row")] {
        let out = directory.path().join(run);
        fs::create_dir(&out).unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(history(name));
        fs::copy(file, out.join("run.jsonl")).unwrap();
    }
    let new = directory.path().to_str().unwrap();
    let (code, text, err) = run(&mut stateproof(&["compare", &history("lose-pod"), new]));
    assert_eq!(code, Some(1), "{err}");
    assert!(text.contains("1 old and 3 new runs"), "{text}");
    assert!(text.contains("Held → Violated in 1 of 3"), "{text}");
    assert!(text.contains("min median max of 3"), "{text}");
}

#[test]
fn colours_are_not_for_those_who_do_without() {
    let lost = history("lost-row");
    for (args, no_color, coloured) in [
        (vec!["judge", &lost], None, false),
        (vec!["judge", &lost, "--color", "always"], None, true),
        (vec!["judge", &lost, "--color", "always"], Some("1"), true),
        (vec!["judge", &lost, "--color", "never"], None, false),
        (vec!["judge", &lost, "--color", "auto"], Some("1"), false),
    ] {
        let mut command = stateproof(&args);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let (_, text, _) = run(&mut command);
        assert_eq!(text.contains('\u{1b}'), coloured, "{args:?} {no_color:?}");
    }
}

#[test]
fn quiet_and_verbose_are_heard_on_standard_error_only() {
    let lost = history("lost-row");
    let (_, plain, _) = run(&mut stateproof(&["judge", &lost]));
    for level in ["-q", "-v", "-vv"] {
        let (code, text, _) = run(&mut stateproof(&["judge", &lost, level]));
        assert_eq!((code, &text), (Some(1), &plain), "{level}");
    }
    let (code, _, err) = run(&mut stateproof(&["judge", &lost, "-q", "-v"]));
    assert_eq!(code, Some(2), "{err}");
}

/// Whoever sees the end of the output only sees why.
#[test]
fn a_violation_is_in_the_last_lines() {
    let (_, text, _) = run(&mut stateproof(&["judge", &history("lost-row")]));
    assert!(text.lines().last().unwrap().starts_with("Violated: "), "{text}");
    let end: Vec<&str> = text.lines().rev().take(6).collect();
    let end = end
        .into_iter()
        .rev()
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    assert!(end.contains("lost 1 acknowledged row: 2"), "{end}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
