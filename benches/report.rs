//! What a report costs, on a history that was made long: a recorded one, with as many rows more as are asked for.
//!
//! `cargo bench --bench report`

#![expect(clippy::unwrap_used, reason = "not a part of what is offered")]

use divan::Bencher;
use divan::counter::ItemsCount;
use stateproof::history::{Event, History, Keys, Record, WriteFate, WriteOutcome};
use stateproof::report::html;
use stateproof::verdict::judge;

fn main() {
    divan::main();
}

/// As many rows as the writer puts into one record.
const BATCH: u64 = 42;

/// Microseconds between one row and the next.
const PACE: u64 = 600;

/// A recorded history with so many rows more, acknowledged before the fault and read back in the end.
fn long(rows: u64) -> History {
    let lines = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/histories/lose-pod.jsonl"
    ));
    let recorded = History::parse(lines).unwrap().records;
    let fault = recorded
        .iter()
        .position(|record| matches!(record.event, Event::FaultBegun { .. }))
        .unwrap();
    let (before, after) = recorded.split_at(fault);
    let mut records = before.to_vec();
    let first = 1_000_000;
    let last = &before[before.len() - 1];
    let drill = recorded
        .iter()
        .find_map(|record| match &record.event {
            Event::DrillStarted { drill } => Some(drill.clone()),
            _ => None,
        })
        .unwrap();
    for start in (0..rows).step_by(usize::try_from(BATCH).unwrap()) {
        let keys = start..rows.min(start + BATCH);
        let at_us = last.at_us + keys.end * PACE;
        let ranges = vec![(first + keys.start, first + keys.end - 1)];
        let outcomes = keys.map(|key| WriteOutcome {
            key: first + key,
            sent_us: last.at_us + key * PACE,
            done_us: last.at_us + (key + 1) * PACE,
            fate: WriteFate::Acknowledged,
        });
        for event in [
            Event::Attempting {
                drill: drill.clone(),
                keys: Keys::try_from(ranges).unwrap(),
            },
            Event::Wrote {
                drill: drill.clone(),
                level: String::new(),
                outcomes: outcomes.collect(),
            },
        ] {
            records.push(Record {
                at_us,
                event,
                ..last.clone()
            });
        }
    }
    for record in after {
        records.push(later(record, rows * PACE, &[(first, first + rows - 1)]));
    }
    for (seq, record) in (0..).zip(&mut records) {
        record.seq = seq;
    }
    History {
        records,
        cut_off: false,
    }
}

/// A record after so much more time, in which these rows more are read.
fn later(record: &Record, by_us: u64, rows: &[(u64, u64)]) -> Record {
    let mut record = record.clone();
    record.at_us += by_us;
    match &mut record.event {
        Event::Wrote { outcomes, .. } => {
            for outcome in outcomes {
                outcome.sent_us += by_us;
                outcome.done_us += by_us;
            }
        }
        Event::Read { keys, .. } => *keys = keys.union(&Keys::try_from(rows.to_vec()).unwrap()),
        _ => {}
    }
    record
}

/// From the history in a file to the page: what `stateproof report` does for it.
#[divan::bench(args = [1_000_000], sample_count = 5, sample_size = 1)]
fn html_from_file(bencher: Bencher<'_, '_>, rows: u64) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), long(rows).to_json_lines().unwrap()).unwrap();
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        let history = History::read(file.path()).unwrap();
        html(&history, &judge(&history))
    });
}

/// The page alone.
#[divan::bench(args = [1_000_000], sample_count = 5, sample_size = 1)]
fn html_from_memory(bencher: Bencher<'_, '_>, rows: u64) {
    let history = long(rows);
    let verdict = judge(&history);
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| html(&history, &verdict));
}

/// The verdict alone.
#[divan::bench(args = [100_000], sample_count = 20, sample_size = 1)]
fn verdict(bencher: Bencher<'_, '_>, rows: u64) {
    let history = long(rows);
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| judge(&history));
}
