//! What somebody else runs on the tests' cluster, as if stateproof had never heard of it.

use std::fs;
use std::path::Path;

use crate::support::{kubectl, kubectl_with};

/// A database in a namespace of its own, with which it goes.
pub struct Lent(&'static str);

impl Lent {
    /// Applies the set, and waits until its one StatefulSet is Ready.
    pub fn of(namespace: &'static str, set: &Path) -> Self {
        ask(&["create", "namespace", namespace], "");
        let lent = Self(namespace);
        for file in fs::read_dir(set).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            lent.ask(&["apply", "-f", "-"], &text);
        }
        let name = lent.ask(&["get", "statefulsets", "--output=name"], "");
        lent.ask(&["rollout", "status", name.trim(), "--timeout=180s"], "");
        lent
    }

    /// What a command in a pod prints.
    pub fn exec(&self, pod: &str, command: &[&str]) -> String {
        self.ask(&[&["exec", pod, "--"], command].concat(), "")
    }

    fn ask(&self, words: &[&str], input: &str) -> String {
        ask(&[&["--namespace", self.0], words].concat(), input)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let (out, ok) = kubectl(&["delete", "namespace", self.0]);
        println!("{ok}: {out}");
    }
}

fn ask(words: &[&str], input: &str) -> String {
    let (out, ok) = kubectl_with(words, input);
    assert!(ok, "{words:?}: {out}");
    out
}
