//! The page: what is on it, that it is to scale, and that it needs nothing but itself.

use stateproof::history::{Event, History, Keys, ObjectState, WriteFate, WriteOutcome};
use stateproof::plan::Drill;
use stateproof::report::html;
use stateproof::verdict::judge;

use super::markup::Markup;
use crate::document::{DRILLS, id};
use crate::kept::failed_with_log;
use crate::tape::{Rows, Tape};

fn page(history: &History) -> String {
    html(history, &judge(history))
}

fn lost() -> Tape {
    let rows = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    Tape::with(&[Drill::LosePod], &rows)
}

/// The text of a page, blanks as one.
fn words(page: &str) -> String {
    Markup::read(page)
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_good_run_has_all_that_was_shown() {
    let history = Tape::of(&DRILLS).history();
    let verdict = judge(&history);
    let page = html(&history, &verdict);
    let text = words(&page);
    for drill in DRILLS {
        assert!(text.contains(&drill.to_string()), "{drill}");
    }
    for promise in &verdict.promises {
        assert!(text.contains(&promise.promise.to_string()));
    }
    for words in [
        "Held All 17 promises came to what was expected",
        "PostgreSQL 16.9",
        "synchronous_commit",
        "Violated, as expected",
        "Not proven",
        "power loss",
        "request",
        "2026-11-21 10:00:00 UTC",
    ] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    for part in [
        "accepted",
        "pod gone",
        "new pod created",
        "scheduled",
        "server started",
        "Ready",
        "name answers",
        "first write",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("Why it is"), "nothing failed");
}

#[test]
fn a_run_that_lost_rows_says_why_and_shows_which() {
    let page = page(&lost().history());
    let text = words(&page);
    assert!(text.contains("Why it is Violated"), "{text}");
    assert!(text.contains("lost 10 acknowledged rows: 1-10"), "{text}");
    assert!(
        page.contains("class=\"lost-rows\""),
        "the lost rows are not in the picture"
    );
    let good = self::page(&Tape::of(&[Drill::LosePod]).history());
    assert!(!good.contains("class=\"lost-rows\""));
}

#[test]
fn a_drill_that_failed_has_its_causes_as_a_chain() {
    let is_after_fault = |event: &Event| matches!(event, Event::Disconnected { .. });
    let history = Tape::of(&[Drill::LosePod])
        .failed_at(Drill::LosePod, is_after_fault)
        .history();
    let page = page(&history);
    assert!(page.contains("class=\"chain\""));
    let text = words(&page);
    for part in [
        "was not carried through",
        "Pod postgres-0 was not Ready within 60 s",
        "no node fits",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn what_failed_has_its_log_and_what_the_cluster_said() {
    let tape = failed_with_log();
    let text = words(&page(&tape.history()));
    for part in [
        "Log of container postgres in Pod postgres-0",
        "FATAL: could not write lock file",
        "No space left on device",
        "Warnings of the cluster meanwhile: 1",
        "BackOff Pod postgres-0 4 times",
        "Back-off restarting failed container postgres in pod postgres-0",
        "container postgres waits: CrashLoopBackOff",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    let without = tape
        .without(|event| matches!(event, Event::Log { .. }))
        .changed(|event| {
            if let Event::Observed {
                state: ObjectState::Event(said),
                ..
            } = event
            {
                "Normal".clone_into(&mut said.severity);
            }
        });
    let text = words(&page(&without.history()));
    assert!(text.contains("was not carried through"), "{text}");
    assert!(
        !text.contains("Log of container") && !text.contains("Warnings of the cluster"),
        "{text}"
    );
}

#[test]
fn a_history_of_nothing_is_a_page_too() {
    let text = words(&page(&History::default()));
    assert!(text.contains("Inconclusive"), "{text}");
    assert!(text.contains("the history has no beginning"), "{text}");
}

#[test]
fn it_needs_nothing_but_itself() {
    for history in [Tape::of(&DRILLS).history(), lost().history()] {
        let page = page(&history);
        let markup = Markup::read(&page);
        assert_eq!(markup.named("script").count(), 0);
        assert_eq!(markup.named("img").count(), 0);
        for element in &markup.elements {
            for (name, value) in &element.attributes {
                let leads_out = matches!(name.as_str(), "src" | "href" | "srcset" | "xlink:href")
                    && !value.starts_with('#')
                    && !value.starts_with("data:");
                assert!(!leads_out, "{name}={value}");
            }
        }
        assert!(!page.contains("url(h") && !page.contains("@import"));
        assert!(
            page.contains("default-src 'none'"),
            "a policy that lets nothing in"
        );
    }
}

#[test]
fn every_picture_has_words() {
    let page = page(&Tape::of(&DRILLS).history());
    let markup = Markup::read(&page);
    let mut pictures = 0;
    for svg in markup.named("svg") {
        let role = svg.attributes.get("role").map(String::as_str);
        let hidden = svg.attributes.get("aria-hidden").map(String::as_str) == Some("true");
        if role == Some("img") {
            pictures += 1;
            assert!(!svg.attributes["aria-label"].is_empty());
        } else {
            // A part of a picture, or an ornament.
            assert!(hidden || svg.attributes.contains_key("viewBox") || svg.attributes.contains_key("x"));
        }
    }
    assert!(pictures >= 12, "{pictures}");
    assert_eq!(markup.elements[0].attributes["lang"], "en");
    assert!(markup.named("th").all(|th| th.attributes.contains_key("scope")));
}

fn soak(rows: u64) -> History {
    let tape = Tape::of(&[Drill::LosePod]);
    let history = tape.clone().changed(|event| {
        if let Event::Attempting { keys, .. } = event {
            *keys = Keys::try_from(vec![(1, rows + 300)]).unwrap();
        }
    });
    let at = history
        .events
        .iter()
        .position(|(_, event)| matches!(event, Event::FaultBegun { .. }))
        .unwrap();
    let (begun, until) = (history.events[at - 1].0, history.events[at].0);
    let outcomes = (0..rows).map(|number| WriteOutcome {
        key: 300 + number,
        sent_us: begun,
        done_us: begun + (until - begun) * number / rows,
        fate: WriteFate::Acknowledged,
    });
    let wrote = Event::Wrote {
        drill: id(Drill::LosePod),
        level: String::new(),
        outcomes: outcomes.collect(),
    };
    history
        .before(|event| matches!(event, Event::FaultBegun { .. }), wrote)
        .history()
}

#[test]
fn a_hundred_thousand_rows_take_no_more_room_than_a_few() {
    let few = page(&soak(1_000));
    let many = page(&soak(100_000));
    assert!(many.contains("100204 rows acknowledged"), "they are not counted");
    assert!(
        many.len() < few.len() + 2_000,
        "{} bytes for many, {} for few",
        many.len(),
        few.len()
    );
}
