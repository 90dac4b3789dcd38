//! What reaches a terminal: colours where they are wanted, on a real one, and nothing that somebody else's words command.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// As YAML and TOML spell it: clears the screen, rings, turns the line.
const SPELLED: &str = r"pg\u001b[2J\u0007\u202etxet\u2066";

/// As it may stand in a file: letters that turn the line, and the one-byte form of a terminal's command.
const RAW: &str = "\u{202e}txet\u{2066}\u{200f}\u{61c}";

fn stateproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stateproof"));
    command.args(args).env_remove("NO_COLOR");
    command
}

/// Both streams of a command together.
fn said(args: &[&str]) -> String {
    let Output { stdout, stderr, .. } = stateproof(args).output().unwrap();
    String::from_utf8([stdout, stderr].concat()).unwrap()
}

/// What a command says on a terminal.
fn on_a_terminal(args: &[&str], no_color: Option<&str>) -> String {
    let line = [&[env!("CARGO_BIN_EXE_stateproof")], args].concat().join(" ");
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .stdin(std::process::Stdio::null());
    if let Some(value) = no_color {
        script.env("NO_COLOR", value);
    }
    let text = String::from_utf8(script.output().unwrap().stdout).unwrap();
    assert!(text.lines().count() > 3, "{text}");
    text
}

#[test]
fn a_terminal_has_colours_unless_they_are_not_wanted() {
    let commands: [&[&str]; 3] = [
        &["judge", "fixtures/histories/lost-row.jsonl"],
        &["lint", "fixtures/wealist-postgres-no-volume"],
        &["plan", "fixtures/bad/no-service"],
    ];
    for command in commands {
        let never = [command, &["--color", "never"]].concat();
        let coloured = on_a_terminal(command, None);
        assert!(coloured.contains('\u{1b}'), "{command:?}: {coloured}");
        for (args, no_color) in [(command, Some("1")), (&never, None)] {
            let plain = on_a_terminal(args, no_color);
            assert!(!plain.contains('\u{1b}'), "{args:?} {no_color:?}: {plain}");
        }
    }
}

/// Colours that are read on a light terminal and on a dark one: none sets the ground, none is white, black or a shade.
#[test]
fn colours_are_those_that_any_terminal_shows() {
    for history in [
        "lost-row",
        "lose-pod",
        "interrupted",
        "rounds",
        "roles",
        "failed-with-log",
    ] {
        readable(&coloured(&[
            "judge",
            &format!("fixtures/histories/{history}.jsonl"),
        ]));
    }
    let mut levels = 0;
    for set in [
        "wealist-postgres",
        "wealist-postgres-no-volume",
        "grade-submission/5-post-start",
        "bad/no-service",
    ] {
        let text = coloured(&["lint", &format!("fixtures/{set}")]);
        levels += usize::from(text.contains("error")) + usize::from(text.contains("warning"));
        readable(&text);
    }
    assert!(levels >= 4, "not every level was seen");
    readable(&coloured(&["plan", "fixtures/bad/no-service"]));
}

fn coloured(args: &[&str]) -> String {
    said(&[args, &["--color", "always"]].concat())
}

fn readable(text: &str) {
    let mut codes = 0;
    for rest in text.split('\u{1b}').skip(1) {
        let code = rest.strip_prefix('[').and_then(|rest| rest.split_once('m'));
        let (code, _) = code.unwrap_or_else(|| panic!("no colour: {rest:?}"));
        for part in code.split(';').filter(|part| !part.is_empty()) {
            let part: u8 = part.parse().unwrap();
            assert!(
                matches!(part, 0..=2 | 4 | 22 | 24 | 31..=36 | 39),
                "SGR {code} in {text:?}"
            );
            codes += 1;
        }
    }
    assert!(codes > 1, "nothing is coloured: {text}");
}

/// Its twin: what no terminal shows everywhere is found.
#[test]
#[should_panic(expected = "SGR 38;5;7")]
fn a_shade_is_none() {
    readable("\u{1b}[1mbold\u{1b}[0m \u{1b}[38;5;7mpale\u{1b}[0m");
}

fn harmless(text: &str) {
    for c in text.chars() {
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let commands = c.is_control() && !matches!(c, '\n' | '\t');
        assert!(!turns && !commands, "{c:?} in {text:?}");
    }
}

/// A PostgreSQL that calls everything by this name, written with this comment on its lines.
fn set(directory: &Path, name: &str, comment: &str) {
    let text = format!(
        r#"apiVersion: v1
kind: Service
metadata: {{ name: "{name}" }}
spec: {{ clusterIP: None, selector: {{ a: m }} }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: "{name}" }} # {comment}
spec:
  serviceName: "{name}" # {comment}
  selector: {{ matchLabels: {{ a: m }} }}
  template:
    metadata: {{ labels: {{ a: m }} }}
    spec:
      containers:
      - name: "{name}"
        image: postgres:16 # {comment}
        env: # {comment}
        - {{ name: POSTGRES_PASSWORD, value: planted }} # {comment}
"#
    );
    fs::write(directory.join("set.yaml"), text).unwrap();
}

#[test]
fn names_of_a_set_command_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    set(directory.path(), SPELLED, RAW);
    for command in ["lint", "plan"] {
        let text = said(&[command, path]);
        assert!(text.contains("pg [2J <U+202E>txet<U+2066>"), "{command}: {text}");
        assert!(text.contains("postgres"), "{command}: {text}");
        harmless(&text);
    }
    let lint = said(&["lint", path]);
    assert!(
        lint.contains("\u{fffd}txet"),
        "the marked text is not shown: {lint}"
    );
    // What is marked is marked all the same.
    assert!(lint.contains("╰──") || lint.contains("┬"), "{lint}");
}

#[test]
fn long_names_are_told_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let name = format!("{}-\\u202e{}", "long".repeat(75), "e".repeat(10));
    set(directory.path(), &name, RAW);
    for command in ["lint", "plan"] {
        let text = said(&[command, path]);
        harmless(&text);
        let words: String = text.split_whitespace().collect();
        assert!(words.contains(&"long".repeat(75)), "{command}: {text}");
        assert!(!text.contains("panicked"), "{command}: {text}");
    }
}

#[test]
fn what_is_wrong_is_said_without_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("set.yaml");
    for (text, words) in [
        (
            format!("a: {{ \"{SPELLED}\": 1, \"{SPELLED}\": 2 }} # {RAW}\n"),
            "stands twice",
        ),
        (format!("kind: [ # {RAW}\n"), "not YAML"),
        (format!("{RAW}: \u{9b}2J\u{1b}[2J\n"), "not"),
    ] {
        fs::write(&file, text).unwrap();
        for command in ["lint", "plan"] {
            let text = said(&[command, file.to_str().unwrap()]);
            assert!(text.contains(words), "{command}: {text}");
            harmless(&text);
        }
    }
}

#[test]
fn what_is_wrong_with_the_settings_is_said_without_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("stateproof.toml");
    for (text, words) in [
        (format!("\"{SPELLED}\" = 1 # {RAW}\n"), "pg [2J <U+202E>"),
        (format!("deadline = \"{SPELLED}\" # {RAW}\n"), "deadline"),
        (
            format!("[workload.\"{SPELLED}\"] # {RAW}\nengine = \"{SPELLED}\"\n"),
            "engine",
        ),
        (format!("deadline = [ # {RAW}\u{9b}\n"), "TOML"),
    ] {
        fs::write(&file, text).unwrap();
        let text = said(&[
            "plan",
            "fixtures/wealist-postgres",
            "--config",
            file.to_str().unwrap(),
        ]);
        assert!(text.contains(words), "{words}: {text}");
        harmless(&text);
    }
}

/// A file's own name is somebody else's word too.
#[test]
fn names_of_files_command_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("\u{202e}lmay.\u{1b}[2J.yaml");
    fs::write(&file, "kind: [\n").unwrap();
    let path = file.to_str().unwrap();
    let missing = &format!("{path}/run.jsonl");
    for args in [
        ["lint", path],
        ["plan", path],
        ["judge", missing],
        ["report", missing],
    ] {
        let text = said(&args);
        assert!(text.contains("<U+202E>lmay. [2J.yaml"), "{args:?}: {text}");
        harmless(&text);
    }
}
