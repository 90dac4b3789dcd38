use std::io::Write as _;
use std::process::{Command, Stdio};

use super::commands::commands;

fn page(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("man")
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is wrong with a page, by its requests: those of man(7) and of roff that `clap_mangen` writes.
fn faults(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let sections: Vec<&str> = page.lines().filter(|line| line.starts_with(".SH ")).collect();
    for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
        if !sections.contains(&section) {
            faults.push(format!("no {section}"));
        }
    }
    if !page.lines().any(|line| line.starts_with(".TH ")) {
        faults.push("no .TH".to_owned());
    }
    for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
        let request = line.split_whitespace().next().unwrap_or_default();
        let known = [
            ".TH", ".SH", ".TP", ".RS", ".RE", ".PP", ".br", ".ie", ".el", ".IP",
        ];
        if !known.contains(&request) {
            faults.push(format!("not of man(7): {line}"));
        }
    }
    let (opened, closed) = (page.matches("\n.RS").count(), page.matches("\n.RE").count());
    if opened != closed {
        faults.push(format!("{opened} .RS and {closed} .RE"));
    }
    faults
}

#[test]
fn the_page_names_every_command_and_exit_code() {
    let page = page(&[]);
    assert_eq!(faults(&page), [""; 0]);
    for command in commands() {
        let name = format!("stateproof\\-{}(1)", command.replace('-', "\\-"));
        assert!(page.contains(&name), "{name} is missing");
    }
    assert!(page.contains("130  interrupted"), "{page}");
    // And the check finds what is wrong.
    let broken = page
        .replacen(".TP", ".XX", 1)
        .replace(".SH OPTIONS", ".SH CHOICES");
    assert_eq!(faults(&broken).len(), 2, "{:?}", faults(&broken));
}

#[test]
fn every_command_has_a_page() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let page = page(&[&command]);
        assert_eq!(faults(&page), [""; 0], "{command}");
        assert!(
            page.contains(&format!("stateproof\\-{command}")),
            "{command}: {page}"
        );
        assert!(page.contains("\\-\\-color"), "{command} lacks the global options");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(["man", "prove"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("verify"));
}

/// Where there is a groff, it warns of nothing. CI has one.
#[test]
fn groff_takes_the_pages() {
    let mut pages = vec![page(&[])];
    pages.extend(commands().iter().map(|command| page(&[command])));
    for page in pages {
        let Some(warnings) = groff(&page) else {
            assert!(std::env::var_os("CI").is_none(), "CI has no groff");
            return;
        };
        assert_eq!(warnings, "");
        let warnings = groff(&page.replacen(".SH", ".NOSUCH", 1)).unwrap();
        assert!(warnings.contains("NOSUCH"), "groff warns of nothing: {warnings}");
    }
}

/// What groff warns of; none where there is no groff.
fn groff(page: &str) -> Option<String> {
    let mut child = Command::new("groff")
        .args(["-man", "-ww", "-z", "-Tutf8"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8(output.stderr).unwrap())
}
