//! Histories that were spoiled on the way: never a panic, and never a pass.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use stateproof::history::History;
use stateproof::lint::lint;
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Outcome, Plan, Selection};
use stateproof::report::{Style, html, json, junit, render, summary};
use stateproof::verdict::judge;
use stateproof::workload::discover;

fn originals() -> Vec<String> {
    [
        "all-drills",
        "lost-row",
        "negative-control",
        "interrupted",
        "retention-delete",
    ]
    .into_iter()
    .map(|name| {
        let path = format!("{}/fixtures/histories/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    })
    .collect()
}

/// Everything that is done with a history; panics where any of it does.
fn everything(history: &History) -> Outcome {
    let verdict = judge(history);
    let style = Style {
        color: true,
        width: 80,
    };
    assert!(!render(&verdict, &style).is_empty());
    assert!(!summary(&verdict).is_empty());
    assert!(html(history, &verdict).ends_with("</html>\n"));
    assert!(json(history, &verdict).unwrap().ends_with("}\n"));
    assert!(junit(history, &verdict).unwrap().contains("</testsuites>"));
    verdict.outcome
}

/// What is done to a history's bytes.
#[derive(Clone, Debug)]
enum Spoil {
    Cut(usize),
    Flip(usize, u8),
    DropLine(usize),
    SwapLines(usize, usize),
    RepeatLine(usize),
    Number(usize, u64),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        any::<usize>().prop_map(Spoil::Cut),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Spoil::Flip(at, byte)),
        any::<usize>().prop_map(Spoil::DropLine),
        (any::<usize>(), any::<usize>()).prop_map(|(one, other)| Spoil::SwapLines(one, other)),
        any::<usize>().prop_map(Spoil::RepeatLine),
        (any::<usize>(), prop_oneof![Just(0), Just(u64::MAX), any::<u64>()])
            .prop_map(|(at, number)| Spoil::Number(at, number)),
    ]
}

fn spoiled(text: &str, spoil: &Spoil) -> Vec<u8> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let count = lines.len();
    match *spoil {
        Spoil::Cut(at) => return text.as_bytes()[..at % text.len()].to_vec(),
        Spoil::Flip(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            return bytes;
        }
        Spoil::DropLine(at) => {
            lines.remove(at % count);
        }
        Spoil::SwapLines(one, other) => lines.swap(one % count, other % count),
        Spoil::RepeatLine(at) => lines.insert(at % count, lines[at % count]),
        Spoil::Number(at, number) => return numbered(text, at, number).into_bytes(),
    }
    renumbered(&lines).into_bytes()
}

/// Lines with sequence numbers in order again, so that the reader lets them through to the judge.
fn renumbered(lines: &[&str]) -> String {
    let lines = lines
        .iter()
        .enumerate()
        .map(|(number, line)| match line.split_once(',') {
            Some((_, rest)) => format!("{{\"seq\":{number},{rest}"),
            None => (*line).to_owned(),
        });
    lines.collect()
}

/// One of the numbers, sequence numbers apart, in place of which another stands.
fn numbered(text: &str, at: usize, number: u64) -> String {
    let starts: Vec<usize> = text
        .match_indices("_us\":")
        .chain(text.match_indices("\"key\":"))
        .map(|(start, found)| start + found.len())
        .collect();
    let Some(start) = at.checked_rem(starts.len()).map(|index| starts[index]) else {
        return text.to_owned();
    };
    // Where the text was cut within a number, that ends it.
    let end = text[start..].find(|c: char| !c.is_ascii_digit());
    let digits = end.unwrap_or(text.len() - start);
    format!("{}{number}{}", &text[..start], &text[start + digits..])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_history_is_refused_or_judged(which in 0..5_usize, spoils in prop::collection::vec(spoil(), 1..4)) {
        let mut text = originals().swap_remove(which);
        for spoil in &spoils {
            if text.lines().count() < 2 {
                break;
            }
            text = String::from_utf8_lossy(&spoiled(&text, spoil)).into_owned();
        }
        if let Ok(history) = History::parse(&text) {
            everything(&history);
        }
    }
}

/// What fuzzing found worth keeping, of one kind.
fn corpus(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new("fuzz/corpus").join(kind);
    let kept =
        std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let kept: Vec<_> = kept
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    assert!(kept.len() >= 3, "{} is empty", directory.display());
    kept
}

/// As the fuzz targets do.
#[test]
fn the_kept_corpus_is_judged_or_refused() {
    let mut judged = 0;
    for (path, bytes) in corpus("history") {
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(history) = History::parse(&text) {
            assert_ne!(everything(&history), Outcome::Held, "{}", path.display());
            judged += 1;
        }
    }
    assert!(judged > 0, "no history of the corpus can be read");

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("manifest.yaml");
    let mut planned = 0;
    for (_, bytes) in corpus("manifest") {
        std::fs::write(&file, bytes).unwrap();
        let Ok(set) = ManifestSet::read(std::slice::from_ref(&file)) else {
            continue;
        };
        let _ = lint(&set, "default");
        for found in discover(&set, "default").unwrap_or_default() {
            assert!(
                !Plan::new(found.workload, &Selection::default())
                    .to_string()
                    .is_empty()
            );
            planned += 1;
        }
    }
    assert!(planned > 0, "no manifest of the corpus can be planned");
}

/// The run has its history in memory, `stateproof report` in a file.
#[test]
fn reports_of_the_file_are_those_of_the_run() {
    for original in originals() {
        let run = History::parse(&original).unwrap();
        let file = History::parse(&run.to_json_lines().unwrap()).unwrap();
        let (one, other) = (judge(&run), judge(&file));
        assert_eq!(html(&run, &one), html(&file, &other));
        assert_eq!(json(&run, &one).unwrap(), json(&file, &other).unwrap());
        assert_eq!(junit(&run, &one).unwrap(), junit(&file, &other).unwrap());
        assert_eq!(summary(&one), summary(&other));
    }
}

/// Wherever it was cut, a history is not Held: in the first line it is none, later it is cut off.
#[test]
fn a_history_that_was_cut_never_passes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    for text in originals() {
        let bytes = text.as_bytes();
        for at in (0..bytes.len()).step_by(997) {
            std::fs::write(&path, &bytes[..at]).unwrap();
            let Ok(history) = History::read(&path) else {
                assert!(at <= text.find('\n').unwrap(), "refused at {at}");
                continue;
            };
            assert_ne!(everything(&history), Outcome::Held, "cut at {at}");
        }
    }
}
