//! Writing a history and reading it back.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::thread;

use stateproof::history::{Event, FORMAT_VERSION, History, HistoryError, Keys, Recorder};
use stateproof::plan::Drill;

use crate::document::DRILLS;
use crate::tape::Tape;

fn note(text: &str) -> Event {
    Event::Note { text: text.into() }
}

fn started() -> Event {
    Tape::of(&[Drill::LosePod]).events.swap_remove(0).1
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/fixtures/histories/{name}.jsonl",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

#[test]
fn a_record_is_in_the_file_before_the_call_returns() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let recorder = Recorder::create(&path).unwrap();
    assert!(recorder.is_empty());
    for (count, event) in [started(), note("one"), note("two")].into_iter().enumerate() {
        recorder.record(event).unwrap();
        let read = History::read(&path).unwrap();
        assert_eq!(read.records.len(), count + 1);
        assert!(!read.cut_off);
        assert_eq!(read, recorder.history());
    }
}

#[test]
fn records_of_many_threads_are_in_sequence() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let recorder = Recorder::create(&path).unwrap();
    recorder.record(started()).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let recorder = recorder.clone();
            scope.spawn(move || {
                for count in 0..50 {
                    recorder.record(note(&format!("{thread} {count}"))).unwrap();
                }
            });
        }
    });
    let history = History::read(&path).unwrap();
    assert_eq!(history.records.len(), 201);
    assert!(
        history.records.is_sorted_by_key(|record| record.at_us),
        "times ascend with the sequence"
    );
    assert!(recorder.now_us() >= history.records[200].at_us);
}

#[test]
fn an_observer_sees_every_record_in_order() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let recorder = Recorder::in_memory();
    recorder.record(note("before the observer")).unwrap();
    let recorder = recorder.with_observer(Box::new(move |record| sink.lock().unwrap().push(record.clone())));
    recorder.clone().record(note("one")).unwrap();
    recorder.record(note("two")).unwrap();
    assert_eq!(*seen.lock().unwrap(), recorder.history().records[1..]);
}

#[test]
fn a_full_disk_fails_every_record_from_then_on() {
    let recorder = Recorder::create("/dev/full").unwrap();
    let first = recorder.record(note("one")).unwrap_err();
    let HistoryError::Write { path, cause } = &first else {
        panic!("{first}");
    };
    assert_eq!(path.to_str(), Some("/dev/full"));
    assert_eq!(cause.kind(), ErrorKind::StorageFull);
    let second = recorder.clone().record(note("two")).unwrap_err();
    assert_eq!(first.to_string(), second.to_string());
    for part in ["/dev/full", "No space left on device", "run again"] {
        assert!(first.to_string().contains(part), "{part:?} is not in: {first}");
    }
    assert!(recorder.history().cut_off, "what it kept is not whole");
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nowhere/run.jsonl");
    let error = Recorder::create(&path).unwrap_err();
    assert!(matches!(error, HistoryError::Create { .. }));
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert!(matches!(History::read(&path), Err(HistoryError::Read { .. })));
}

#[test]
fn a_history_is_read_as_it_was_written() {
    let history = Tape::of(&DRILLS).history();
    let lines = history.to_json_lines().unwrap();
    assert_eq!(History::parse(&lines).unwrap(), history);
}

/// The format: what lies on disk is what this version writes, line for line.
#[test]
fn fixtures_are_written_as_they_are_read() {
    for name in ["lose-pod", "all-drills", "lost-row", "interrupted"] {
        let lines = fixture(name);
        let history = History::parse(&lines).unwrap();
        for (written, read) in history.to_json_lines().unwrap().lines().zip(lines.lines()) {
            assert_eq!(written, read, "{name}");
        }
        assert_eq!(history.records.len(), lines.lines().count());
    }
}

#[test]
fn a_last_line_that_was_cut_is_left_out() {
    let history = History::parse(&fixture("cut-off")).unwrap();
    assert!(history.cut_off);
    assert_eq!(history.records.len(), fixture("cut-off").lines().count() - 1);
}

#[test]
fn a_last_line_without_its_line_feed_is_taken_and_the_history_cut_off() {
    let lines = fixture("lose-pod");
    let whole = History::parse(&lines).unwrap();
    let cut = History::parse(lines.trim_end()).unwrap();
    assert_eq!((cut.records, cut.cut_off), (whole.records, true));
}

#[test]
fn a_newer_format_is_refused() {
    let error = History::parse(&fixture("newer-format")).unwrap_err();
    assert!(
        matches!(&error, HistoryError::NewerFormat { found, writer } if *found == u64::from(FORMAT_VERSION) + 1 && writer == "9.0.0")
    );
    let message = error.to_string();
    assert!(
        message.contains("format 2") && message.contains("9.0.0"),
        "{message}"
    );
}

#[test]
fn a_bad_line_is_named_by_its_number() {
    let lines = fixture("lose-pod");
    let spoil = |number: usize, by: &str| {
        let mut spoilt: Vec<&str> = lines.lines().collect();
        spoilt[number - 1] = by;
        History::parse(&(spoilt.join("\n") + "\n")).unwrap_err()
    };
    let last = lines.lines().count();
    for bad in ["", "{", "no JSON", "{\"seq\":1}", "[]"] {
        for number in [2, last] {
            let error = spoil(number, bad);
            assert!(
                matches!(error, HistoryError::BadLine { line, .. } if line == number),
                "{bad:?}: {error}"
            );
        }
        let error = spoil(1, bad);
        assert!(
            matches!(
                error,
                HistoryError::NoBeginning | HistoryError::BadLine { line: 1, .. }
            ),
            "{bad:?}: {error}"
        );
    }
    let second = lines.lines().nth(1).unwrap();
    assert!(matches!(spoil(1, second), HistoryError::NoBeginning));
}

#[test]
fn a_bad_last_line_is_only_cut_off_where_it_ends_too_early() {
    let lines = fixture("lose-pod");
    for bad in ["no JSON", "{\"seq\":}", "{\"seq\":1}"] {
        let error = History::parse(&format!("{lines}{bad}")).unwrap_err();
        let number = lines.lines().count() + 1;
        assert!(
            matches!(error, HistoryError::BadLine { line, .. } if line == number),
            "{bad:?}: {error}"
        );
    }
}

#[test]
fn missing_and_misplaced_records_are_refused() {
    let lines = fixture("lose-pod");
    let mut records: Vec<&str> = lines.lines().collect();
    records.remove(4);
    let error = History::parse(&(records.join("\n") + "\n")).unwrap_err();
    assert!(
        matches!(
            error,
            HistoryError::OutOfSequence {
                line: 5,
                expected: 4,
                found: 5
            }
        ),
        "{error}"
    );
}

#[test]
fn bytes_that_are_no_text_are_a_bad_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let mut bytes = fixture("lose-pod").into_bytes();
    bytes.extend_from_slice(b"{\"seq\":\"\xff\"}\n");
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(History::read(&path), Err(HistoryError::BadLine { .. })));
}

#[test]
fn ranges_of_keys_that_make_no_sense_are_refused_and_others_put_in_order() {
    assert!(serde_json::from_str::<Keys>("[[5,3]]").is_err());
    let keys: Keys = serde_json::from_str("[[7,9],[1,3],[2,4],[5,5]]").unwrap();
    assert_eq!(keys.to_string(), "1-5, 7-9");
    let all: Keys = serde_json::from_str(&format!("[[0,{}]]", u64::MAX)).unwrap();
    assert_eq!(all.len(), u64::MAX);
    assert_eq!(
        all.difference(&keys)
            .intersection(&(0..=10).collect())
            .to_string(),
        "0, 6, 10"
    );
}
