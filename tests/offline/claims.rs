//! The table of claims against the tests that there are.

use std::collections::BTreeSet;
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

/// The functions under `#[test]` in the tests that need a cluster.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for directory in ["tests/documents", "tests/cluster"] {
        for entry in fs::read_dir(Path::new(directory)).unwrap() {
            let source = fs::read_to_string(entry.unwrap().path()).unwrap();
            let mut is_test = false;
            for line in source.lines() {
                if let Some(rest) = line.trim().strip_prefix("fn ")
                    && is_test
                {
                    found.insert(rest.split('(').next().unwrap().to_owned());
                }
                is_test = line.trim() == "#[test]" || is_test && line.trim().starts_with("#[");
            }
        }
    }
    found
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
    for row in rows() {
        for test in row.tests {
            assert!(tests.contains(&test), "{}: there is no test {test}", row.name);
        }
    }
}

#[test]
fn every_test_of_a_claim_is_in_the_table_at_its_row() {
    let rows = rows();
    for test in tests() {
        let mut words = test.split('_');
        let (document, number) = (words.next().unwrap(), words.next());
        let is_claim =
            document.len() == 2 && document.starts_with('d') && document.as_bytes()[1].is_ascii_digit();
        let Some(number) = number.filter(|number| is_claim && number.parse::<u32>().is_ok()) else {
            continue;
        };
        let name = format!("{}.{number}", document.to_uppercase());
        let row = rows.iter().find(|row| row.name == name);
        assert!(
            row.is_some_and(|row| row.tests.contains(&test)),
            "{test} is not named in docs/claims.md at {name}"
        );
    }
}
