//! The text report: golden, and what must be in it whatever its form.

use stateproof::history::{Event, History};
use stateproof::plan::{Drill, Outcome};
use stateproof::report::{Style, render};
use stateproof::verdict::judge;

use crate::document::DRILLS;
use crate::tape::{Rows, Tape};

const PLAIN: Style = Style {
    color: false,
    width: 80,
};

fn report(tape: &Tape) -> String {
    render(&judge(&tape.history()), &PLAIN)
}

fn lost() -> Tape {
    let rows = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    Tape::with(&[Drill::LosePod], &rows)
}

#[test]
fn a_good_run() {
    insta::assert_snapshot!(report(&Tape::of(&DRILLS)));
}

#[test]
fn a_run_that_lost_rows() {
    insta::assert_snapshot!(report(&lost()));
}

#[test]
fn an_interrupted_run() {
    let is_read = |event: &Event| matches!(event, Event::Read { .. });
    let mut tape = Tape::of(&[Drill::LosePod, Drill::DeleteStatefulset]);
    let first = tape.events.iter().position(|(_, event)| is_read(event)).unwrap();
    let end = first
        + 1
        + tape.events[first + 1..]
            .iter()
            .position(|(_, event)| is_read(event))
            .unwrap();
    tape.events.truncate(end);
    let at_us = tape.events[end - 1].0;
    tape.events.push((at_us, Event::RunEnded { interrupted: true }));
    insta::assert_snapshot!(report(&tape));
}

#[test]
fn a_history_of_nothing() {
    insta::assert_snapshot!(render(&judge(&History::default()), &PLAIN));
}

#[test]
fn the_end_says_all_that_failed() {
    let report = report(&lost());
    let (_, end) = report.rsplit_once("\nwhy\n").unwrap();
    let end = end.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(end.contains("lost 10 acknowledged rows: 1-10"), "{end}");
    assert!(
        report.ends_with("Violated: 1 of 5 promises not kept\n"),
        "{report}"
    );
    assert!(
        !self::report(&Tape::of(&[Drill::LosePod])).contains("\nwhy\n"),
        "nothing failed"
    );
}

#[test]
fn lines_fit_the_width() {
    for width in [60, 80, 120] {
        let verdict = judge(&Tape::of(&[Drill::LosePod]).history());
        let text = render(&verdict, &Style { color: false, width });
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colours_are_there_only_where_they_are_wanted_and_change_no_word() {
    let verdict = judge(&lost().history());
    let (plain, colored) = (
        render(&verdict, &PLAIN),
        render(&verdict, &Style { color: true, ..PLAIN }),
    );
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains('\u{1b}'));
    let mut stripped = String::new();
    for (index, part) in colored.split('\u{1b}').enumerate() {
        stripped.push_str(if index == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_negative_control_reads_as_expected() {
    let text = report(&Tape::of(&[Drill::DeleteClaim]));
    assert!(
        text.contains("Violated, as expected: lost 100 acknowledged rows: 1-100"),
        "{text}"
    );
    let survived = Tape::of(&[Drill::DeleteClaim]).changed(|event| {
        if let Event::Read { keys, .. } = event {
            *keys = (1..=100).collect();
        }
    });
    assert_eq!(judge(&survived.history()).outcome, Outcome::Violated);
    assert!(report(&survived).contains("Held, expected Violated"));
}
