//! Rows: every kind is told apart, whatever their number, order and mixture; and no part of a history is ever Held.

use proptest::prelude::*;
use stateproof::history::{Event, History, Keys, WriteFate};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::verdict::{PromiseVerdict, RowAccount, judge};

use crate::document::{DRILLS, id, refused};
use crate::tape::{Rows, Tape};

/// What became of one row, and whether it is there in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Kept,
    Lost,
    Corrupt,
    Unknown,
    Recovered,
    Refused,
    RefusedButPresent,
    Unreported,
    UnreportedAndThere,
    Phantom,
}

const KINDS: [Kind; 10] = [
    Kind::Kept,
    Kind::Lost,
    Kind::Corrupt,
    Kind::Unknown,
    Kind::Recovered,
    Kind::Refused,
    Kind::RefusedButPresent,
    Kind::Unreported,
    Kind::UnreportedAndThere,
    Kind::Phantom,
];

impl Kind {
    fn fate(self) -> Option<WriteFate> {
        match self {
            Self::Kept | Self::Lost | Self::Corrupt => Some(WriteFate::Acknowledged),
            Self::Unknown | Self::Recovered => Some(WriteFate::Unknown("connection closed".into())),
            Self::Refused | Self::RefusedButPresent => Some(refused()),
            Self::Unreported | Self::UnreportedAndThere | Self::Phantom => None,
        }
    }

    fn is_read(self) -> bool {
        matches!(
            self,
            Self::Kept
                | Self::Corrupt
                | Self::Recovered
                | Self::RefusedButPresent
                | Self::UnreportedAndThere
                | Self::Phantom
        )
    }

    fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Lost | Self::Corrupt | Self::RefusedButPresent | Self::Phantom
        )
    }
}

/// Rows of these kinds, in this order, some before the fault; keys as given.
fn rows(kinds: &[(u64, Kind)], before: usize) -> Rows {
    let mut rows = Rows {
        before: Vec::new(),
        after: Vec::new(),
        unreported: Vec::new(),
        read: Vec::new(),
        corrupt: Vec::new(),
    };
    for (index, &(key, kind)) in kinds.iter().enumerate() {
        match kind.fate() {
            Some(fate) if index < before => rows.before.push((key, fate)),
            Some(fate) => rows.after.push((key, fate)),
            None if kind != Kind::Phantom => rows.unreported.push(key),
            None => {}
        }
        if kind.is_read() {
            rows.read.push(key);
        }
        if kind == Kind::Corrupt {
            rows.corrupt.push(key);
        }
    }
    rows
}

fn judged(rows: &Rows, drill: Drill) -> (PromiseVerdict, RowAccount) {
    let mut verdict = judge(&Tape::with(&[drill], rows).history());
    let durability = verdict
        .promises
        .iter()
        .find(|found| found.promise == Promise::Durability)
        .unwrap()
        .clone();
    (durability, verdict.rows.swap_remove(0))
}

fn keys_of(kinds: &[(u64, Kind)], wanted: &[Kind]) -> Keys {
    kinds
        .iter()
        .filter(|(_, kind)| wanted.contains(kind))
        .map(|(key, _)| *key)
        .collect()
}

proptest! {
    #[test]
    fn every_kind_of_row_is_told_apart(
        kinds in prop::collection::btree_map(1_u64..400, prop::sample::select(KINDS.to_vec()), 0..120)
            .prop_map(|kinds| kinds.into_iter().collect::<Vec<_>>())
            .prop_shuffle(),
        before in 0_usize..120,
    ) {
        // One row that is kept, before the fault: without it nothing could be lost.
        let kinds: Vec<_> = std::iter::once((1000, Kind::Kept)).chain(kinds).collect();
        let (durability, account) = judged(&rows(&kinds, before.max(1)), Drill::LosePod);
        prop_assert_eq!(&account.lost, &keys_of(&kinds, &[Kind::Lost]));
        prop_assert_eq!(&account.phantom, &keys_of(&kinds, &[Kind::Phantom]));
        prop_assert_eq!(&account.corrupt, &keys_of(&kinds, &[Kind::Corrupt]));
        prop_assert_eq!(&account.refused_but_present, &keys_of(&kinds, &[Kind::RefusedButPresent]));
        prop_assert_eq!(&account.recovered, &keys_of(&kinds, &[Kind::Recovered, Kind::UnreportedAndThere]));
        prop_assert_eq!(&account.unknown, &keys_of(&kinds, &[Kind::Unknown, Kind::Recovered]));
        prop_assert_eq!(&account.unreported, &keys_of(&kinds, &[Kind::Unreported, Kind::UnreportedAndThere]));
        let faulty = kinds.iter().any(|(_, kind)| kind.is_fault());
        prop_assert_eq!(durability.observed, if faulty { Outcome::Violated } else { Outcome::Held });
        for (keys, words) in [
            (&account.lost, "lost"),
            (&account.phantom, "never written"),
            (&account.corrupt, "corrupt"),
            (&account.refused_but_present, "refused row"),
        ] {
            let said = durability.evidence.iter().any(|evidence| evidence.contains(words));
            prop_assert_eq!(said, !keys.is_empty(), "{}: {:?}", words, &durability.evidence);
        }
    }

    #[test]
    fn operations_on_keys_are_those_on_sets(
        one in prop::collection::btree_set(0_u64..60, 0..40),
        other in prop::collection::btree_set(0_u64..60, 0..40),
    ) {
        let keys = |set: &std::collections::BTreeSet<u64>| set.iter().copied().collect::<Keys>();
        let (left, right) = (keys(&one), keys(&other));
        prop_assert_eq!(left.difference(&right), one.difference(&other).copied().collect());
        prop_assert_eq!(left.intersection(&right), one.intersection(&other).copied().collect());
        prop_assert_eq!(left.union(&right), one.union(&other).copied().collect());
        prop_assert_eq!(left.len(), one.len() as u64);
        prop_assert!(left.iter().eq(one.iter().copied()));
    }

    #[test]
    fn no_history_cut_in_the_middle_of_a_line_is_held(cut in any::<prop::sample::Index>()) {
        let lines = Tape::of(&[Drill::LosePod, Drill::DeleteClaim]).history().to_json_lines().unwrap();
        never_held(&lines, cut.index(lines.len()));
    }
}

/// Judges the first bytes of a history.
fn never_held(lines: &str, bytes: usize) {
    let history = History::parse(&lines[..bytes]).unwrap();
    assert_ne!(
        judge(&history).outcome,
        Outcome::Held,
        "cut after {bytes} of {} bytes",
        lines.len()
    );
}

#[test]
fn no_history_cut_after_a_record_is_held() {
    let history = Tape::of(&DRILLS).history();
    assert_eq!(judge(&history).outcome, Outcome::Held);
    for records in 0..history.records.len() {
        let cut = History {
            records: history.records[..records].to_vec(),
            cut_off: false,
        };
        assert_ne!(judge(&cut).outcome, Outcome::Held, "after {records} records");
    }
}

#[test]
fn no_history_cut_within_its_first_or_last_lines_is_held() {
    let lines = Tape::of(&[Drill::LosePod]).history().to_json_lines().unwrap();
    let first = lines.find('\n').unwrap() + 2;
    let last = lines.len() - 500;
    for bytes in (0..first).chain(last..lines.len()) {
        never_held(&lines, bytes);
    }
}

#[test]
fn the_loss_of_one_row_in_a_hundred_thousand_is_found_and_named() {
    let all = 100_000;
    let missing = 73_194;
    let acknowledged = |keys: std::ops::RangeInclusive<u64>| keys.map(|key| (key, WriteFate::Acknowledged));
    let rows = Rows {
        before: acknowledged(1..=all / 2).collect(),
        after: acknowledged(all / 2 + 1..=all).collect(),
        unreported: Vec::new(),
        read: (1..=all).filter(|key| *key != missing).collect(),
        corrupt: Vec::new(),
    };
    let history = Tape::with(&[Drill::LosePod], &rows).history();
    let verdict = judge(&history);
    let durability = verdict
        .promises
        .iter()
        .find(|found| found.promise == Promise::Durability)
        .unwrap();
    assert_eq!(durability.outcome(), Outcome::Violated);
    assert_eq!(durability.evidence[0], "lost 1 acknowledged row: 73194");
}

#[test]
fn a_retry_that_came_through_counts() {
    let mut rows = Rows::default();
    // The same key twice: its fate was unknown first, then it was refused as a duplicate, then acknowledged.
    rows.after
        .insert(0, (102, WriteFate::Unknown("connection closed".into())));
    rows.after.insert(1, (103, refused()));
    rows.after.push((101, refused()));
    let (durability, account) = judged(&rows, Drill::LosePod);
    assert_eq!(durability.observed, Outcome::Held, "{:?}", durability.evidence);
    assert_eq!(account.unknown.to_string(), "101");
    assert!(account.refused.is_empty());
}

#[test]
fn the_evidence_counts_what_was_there() {
    let (durability, _) = judged(&Rows::default(), Drill::LosePod);
    assert_eq!(
        durability.evidence,
        [
            "204 acknowledged, 100 of them before the fault; 205 read; 1 unknown, of which 1 recovered",
            "1 in flight when the fault was begun; 995121 rows a second while connected",
            "final read: SELECT over a new connection"
        ]
    );
}

#[test]
fn many_lost_rows_are_named_in_brief_and_kept_in_full() {
    let rows = Rows {
        read: (1..=205).filter(|key| key % 2 == 0).collect(),
        ..Rows::default()
    };
    let (durability, account) = judged(&rows, Drill::LosePod);
    assert_eq!(
        durability.evidence[0],
        "lost 102 acknowledged rows: 1, 3, 5, 7, 9, 11, 13, 15 and 94 more"
    );
    assert_eq!(account.lost.len(), 102);
}

fn observed(tape: &Tape) -> PromiseVerdict {
    let verdict = judge(&tape.history());
    verdict
        .promises
        .into_iter()
        .find(|found| found.promise == Promise::Durability)
        .unwrap()
}

#[track_caller]
fn inconclusive(tape: &Tape, words: &str) {
    let durability = observed(tape);
    assert_eq!(
        durability.observed,
        Outcome::Inconclusive,
        "{:?}",
        durability.evidence
    );
    assert!(
        durability.evidence.join("; ").contains(words),
        "{:?}",
        durability.evidence
    );
}

#[test]
fn without_a_final_read_nothing_is_said_of_rows() {
    let good = || Tape::of(&[Drill::LosePod]);
    inconclusive(
        &good().without(|event| matches!(event, Event::Read { .. })),
        "not read back",
    );
    let later = Event::Attempting {
        drill: id(Drill::LosePod),
        keys: [900].into_iter().collect(),
    };
    inconclusive(
        &good().before(|event| matches!(event, Event::DrillEnded { .. }), later),
        "there is no final read",
    );
    // A read before the fault is not final, however complete.
    let mut early = good();
    let from = early
        .events
        .iter()
        .position(|(_, event)| matches!(event, Event::Read { .. }))
        .unwrap();
    let read = early.events.remove(from);
    let wrote = early
        .events
        .iter()
        .rposition(|(_, event)| matches!(event, Event::Wrote { .. }))
        .unwrap();
    early.events.remove(wrote);
    let fault = early
        .events
        .iter()
        .position(|(_, event)| matches!(event, Event::FaultBegun { .. }))
        .unwrap();
    early.events.insert(fault, read);
    inconclusive(&early, "there is no final read");
}

#[test]
fn a_drill_in_which_nothing_could_be_lost_proves_nothing() {
    let none = Rows {
        before: Vec::new(),
        after: Vec::new(),
        read: Vec::new(),
        ..Rows::default()
    };
    inconclusive(&Tape::with(&[Drill::LosePod], &none), "no row was acknowledged");
    let none_before = Rows {
        before: Vec::new(),
        read: (101..=205).collect(),
        ..Rows::default()
    };
    inconclusive(&Tape::with(&[Drill::LosePod], &none_before), "before the fault");
}

#[test]
fn a_history_that_contradicts_itself_proves_nothing() {
    let tape = Tape::of(&[Drill::LosePod]).without(|event| matches!(event, Event::Attempting { .. }));
    inconclusive(&tape, "contradicts itself");
}

#[test]
fn the_negative_control_passes_when_its_rows_are_lost_and_fails_when_they_survive() {
    let control = observed(&Tape::of(&[Drill::DeleteClaim]));
    assert_eq!(
        (control.observed, control.outcome()),
        (Outcome::Violated, Outcome::Held)
    );
    assert_eq!(control.evidence[0], "lost 100 acknowledged rows: 1-100");

    let survived = Tape::of(&[Drill::DeleteClaim]).changed(|event| {
        if let Event::Read { keys, .. } = event {
            *keys = (1..=100).collect();
        }
    });
    let control = observed(&survived);
    assert_eq!(
        (control.observed, control.outcome()),
        (Outcome::Held, Outcome::Violated)
    );
}

#[test]
fn rows_that_nobody_wrote_do_not_pass_for_the_loss_that_a_control_expects() {
    let haunted = Tape::of(&[Drill::DeleteClaim]).changed(|event| {
        if let Event::Read { keys, .. } = event {
            *keys = [900].into_iter().collect();
        }
    });
    let verdict = judge(&haunted.history());
    assert_eq!(verdict.outcome, Outcome::Violated);
    let failed: Vec<_> = verdict.failed().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].evidence[0], "read 1 never written row: 900");
}
