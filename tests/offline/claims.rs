//! The table of claims against the tests that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many rows each document has: a row that is taken out of the table is missed.
const ROWS: [u32; 5] = [16, 15, 10, 15, 6];

/// Rows that wait for something that no cluster here has.
const LATER: [&str; 4] = ["D1.13", "D1.14", "D1.15", "D3.15"];

struct Row {
    name: String,
    tests: Vec<String>,
    later: bool,
}

fn rows() -> Vec<Row> {
    let table = fs::read_to_string("docs/claims.md").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| D"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let names = cells[3].split('`').skip(1).step_by(2);
        Row {
            name: cells[1].to_owned(),
            tests: names.map(str::to_owned).collect(),
            later: cells[3] == "*later*",
        }
    })
    .collect()
}

/// The tests that need a cluster, by their names, each with the files that have one of that name.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for directory in ["tests/documents", "tests/cluster"] {
        let modules = fs::read_to_string(Path::new(directory).join("main.rs")).unwrap();
        for entry in fs::read_dir(Path::new(directory)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            // One that no binary has runs never.
            if modules.contains(&format!("\nmod {file};\n")) {
                for test in tests_in(&fs::read_to_string(&path).unwrap()) {
                    found.entry(test).or_default().insert(file.clone());
                }
            }
        }
    }
    found
}

/// The functions of a source that are tests and run: not those that are ignored.
fn tests_in(source: &str) -> Vec<String> {
    let (mut found, mut attributes) = (Vec::new(), Vec::new());
    let mut within = false;
    for line in source.lines().map(str::trim) {
        if within || line.starts_with("#[") {
            if !within {
                attributes.push(line);
            }
            within = !line.ends_with(']');
            continue;
        }
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        let has = |attribute: &str| {
            let mut names = attributes
                .iter()
                .map(|line| line[2..].split(['(', ']', ' ']).next().unwrap());
            names.any(|name| name == attribute)
        };
        let runs = (has("test") || has("tokio::test")) && !has("ignore") && !has("cfg");
        if let Some(rest) = function.filter(|_| runs) {
            found.push(rest.split('(').next().unwrap().to_owned());
        }
        attributes.clear();
    }
    found
}

/// What the table calls a test: by its file too where several have one of that name.
fn name_of(test: &str, file: &str, files: &BTreeSet<String>) -> String {
    if files.len() > 1 {
        format!("{file}::{test}")
    } else {
        test.to_owned()
    }
}

#[test]
fn a_test_that_does_not_run_does_not_count() {
    let source = "
        #[test]
        fn d0_1_runs() {}

        #[tokio::test(flavor = \"multi_thread\")]
        async fn d0_2_runs() {}

        #[test]
        #[ignore = \"takes an hour\"]
        fn d0_3_is_ignored() {}

        #[ignore]
        #[test]
        fn d0_4_is_ignored() {}

        #[cfg(windows)]
        #[test]
        fn d0_5_is_left_out() {}

        #[test]
        #[should_panic(
            expected = \"lost\",
        )]
        fn d0_6_runs() {}

        fn d0_7_is_no_test() {}
        // #[test]
        fn d0_8_is_no_test() {}";
    assert_eq!(tests_in(source), ["d0_1_runs", "d0_2_runs", "d0_6_runs"]);
}

#[test]
fn every_row_is_in_the_table_and_has_a_test() {
    let rows = rows();
    for (document, count) in ROWS.iter().enumerate() {
        for number in 1..=*count {
            let name = format!("D{document}.{number}");
            let row = rows
                .iter()
                .find(|row| row.name == name)
                .unwrap_or_else(|| panic!("{name} is not in docs/claims.md"));
            let later = LATER.contains(&name.as_str());
            assert_eq!(row.later, later, "{name}");
            assert!(later || !row.tests.is_empty(), "{name} has no test");
        }
    }
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let tests = tests();
    let names: BTreeSet<String> = tests
        .iter()
        .flat_map(|(test, files)| files.iter().map(move |file| name_of(test, file, files)))
        .collect();
    for row in rows() {
        for test in row.tests {
            let several = tests.get(&test).filter(|files| files.len() > 1);
            assert!(several.is_none(), "{}: which {test}? of {several:?}", row.name);
            assert!(names.contains(&test), "{}: there is no test {test}", row.name);
        }
    }
}

#[test]
fn every_test_of_a_claim_is_in_the_table_at_its_row() {
    let rows = rows();
    for (test, files) in tests() {
        let mut words = test.split('_');
        let (document, number) = (words.next().unwrap(), words.next());
        let is_claim =
            document.len() == 2 && document.starts_with('d') && document.as_bytes()[1].is_ascii_digit();
        let Some(number) = number.filter(|number| is_claim && number.parse::<u32>().is_ok()) else {
            continue;
        };
        let name = format!("{}.{number}", document.to_uppercase());
        let row = rows.iter().find(|row| row.name == name);
        for file in &files {
            let test = name_of(&test, file, &files);
            assert!(
                row.is_some_and(|row| row.tests.contains(&test)),
                "{test} is not named in docs/claims.md at {name}"
            );
        }
    }
}
