//! What it costs to read and to lint many manifests.
//!
//! `cargo bench --bench lint`

#![expect(clippy::unwrap_used, reason = "not a part of what is offered")]

use std::fmt::Write as _;

use divan::Bencher;
use divan::counter::ItemsCount;
use stateproof::lint::lint;
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Plan, Selection};
use stateproof::workload::discover;

fn main() {
    divan::main();
}

/// So many Services and StatefulSets of a recorded document, each pair in a namespace of its own.
fn manifests(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count / 2 {
        for document in [
            include_str!("../fixtures/wealist-postgres/4-database/postgres-service.yaml"),
            include_str!("../fixtures/wealist-postgres/4-database/postgres-statefulset.yaml"),
        ] {
            let document = document.replace("postgresql-prod", &format!("team-{number}"));
            writeln!(text, "---\n{document}").unwrap();
        }
    }
    text
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn read(bencher: Bencher<'_, '_>, count: usize) {
    let text = manifests(count);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| ManifestSet::from_str("many.yaml", &text).unwrap());
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn rules(bencher: Bencher<'_, '_>, count: usize) {
    let set = ManifestSet::from_str("many.yaml", &manifests(count)).unwrap();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| lint(&set, "default"));
}

#[divan::bench(args = [1_000], sample_count = 5, sample_size = 1)]
fn plan(bencher: Bencher<'_, '_>, count: usize) {
    let set = ManifestSet::from_str("many.yaml", &manifests(count)).unwrap();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let found = discover(&set, "default").unwrap();
        let plans = found
            .into_iter()
            .map(|found| Plan::new(found.workload, &Selection::default()));
        plans.collect::<Vec<_>>()
    });
}
