//! The reader of manifests, what is found in them, and the plan that is made of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stateproof::lint::lint;
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Plan, Selection};
use stateproof::workload::discover;

fuzz_target!(|text: &[u8]| {
    let directory = tempfile::tempdir().expect("a directory for the manifest");
    let file = directory.path().join("manifest.yaml");
    std::fs::write(&file, text).expect("the manifest can be written");
    let Ok(set) = ManifestSet::read(&[file]) else { return };
    let _ = lint(&set, "default");
    for found in discover(&set, "default").unwrap_or_default() {
        let _ = Plan::new(found.workload, &Selection::default()).to_string();
    }
});
