//! The reader of histories, and all that is made of one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stateproof::history::History;
use stateproof::report::{Style, html, json, junit, render, summary};
use stateproof::verdict::judge;

fuzz_target!(|text: &str| {
    let Ok(history) = History::parse(text) else { return };
    let verdict = judge(&history);
    assert!(html(&history, &verdict).ends_with("</html>\n"));
    json(&history, &verdict).expect("the verdict is JSON");
    junit(&history, &verdict).expect("the verdict is XML");
    summary(&verdict);
    render(&verdict, &Style::default());
});
