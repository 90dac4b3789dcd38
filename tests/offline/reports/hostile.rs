//! Words of others: markup, commands of a terminal, letters that run the other way.

use stateproof::report::{Style, html, json, junit, render, summary};
use stateproof::verdict::judge;

use super::markup::Markup;
use crate::kept::{HOSTILE, hostile};

fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[test]
fn the_page_shows_them_and_is_what_it_was() {
    let history = hostile();
    let page = html(&history, &judge(&history));
    // Strict: a tag or a handler among them would be an element, and the elements would not close.
    let markup = Markup::read(&page);
    assert_eq!(markup.named("script").count() + markup.named("img").count(), 0);
    assert!(
        page.matches("&#60;script&#62;").count() > 10,
        "they are not shown"
    );
    assert!(!page.contains(turns), "something turns the text");
    assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
    assert!(
        page.contains("&#60;U+202E&#62;"),
        "what would have turned it is not spelled"
    );
    assert!(page.contains("שלום مرحبا"), "letters are not what turns it");
}

/// Twin of the strict reader: it does see what it is to keep out.
#[test]
#[should_panic(expected = "handler")]
fn markup_that_is_not_escaped_is_seen() {
    Markup::read("<!doctype html><p><img src=\"x\" onerror=\"alert(1)\"></p>");
}

#[test]
fn the_terminal_and_the_summary_are_not_commanded() {
    let history = hostile();
    let verdict = judge(&history);
    let style = Style {
        color: false,
        width: 80,
    };
    for text in [render(&verdict, &style), summary(&verdict)] {
        assert!(!text.contains(turns), "something turns the text");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    }
    let summary = summary(&verdict);
    assert!(
        !summary.contains("<script") && !summary.contains("<img"),
        "{summary}"
    );
    assert!(!summary.contains(" | `**x**`"), "{summary}");
    for row in summary
        .lines()
        .filter(|line| line.starts_with("| ✗") || line.starts_with("| ?"))
    {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 6, "{row}");
    }
}

#[test]
fn the_files_for_programs_are_what_they_were() {
    let history = hostile();
    let verdict = judge(&history);
    let value: serde_json::Value = serde_json::from_str(&json(&history, &verdict).unwrap()).unwrap();
    assert_eq!(value["facts"]["version"], HOSTILE, "a program gets what was said");
    let xml = junit(&history, &verdict).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(report.test_suites.len(), 1);
    assert!(!xml.contains("<script") && !xml.contains(turns));
    assert!(
        !xml.contains(|c: char| c.is_control() && c != '\n'),
        "XML 1.0 has no such characters"
    );
}
