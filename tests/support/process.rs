//! The command as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fixture;

/// After how long a test hangs: nothing is measured by it.
pub const HANGS: Duration = Duration::from_mins(5);

/// `stateproof verify` as a process of its own.
pub struct Run {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Run {
    /// Begins to verify a fixture.
    pub fn start(args: &[&str], set: &str) -> Self {
        Self::begin(args, &fixture(set))
    }

    /// Begins to verify the manifests at a path.
    pub fn begin(args: &[&str], manifests: &Path) -> Self {
        let mut child = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_stateproof")))
            .arg("verify")
            .args(args)
            .arg(manifests)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                println!("verify: {line}");
                let _ = send.send(line);
            }
        });
        Self { child, lines }
    }

    /// Waits until a line on standard error contains these words.
    pub fn wait_for(&mut self, words: &str) {
        let end = Instant::now() + HANGS;
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if line.contains(words) {
                return;
            }
        }
        panic!("verify never said {words:?}");
    }

    /// Waits until something holds, while it runs.
    pub fn wait_until(&mut self, what: &str, holds: impl Fn() -> bool) {
        let end = Instant::now() + HANGS;
        while !holds() {
            assert!(Instant::now() < end, "not within {HANGS:?}: {what}");
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "verify has ended before: {what}"
            );
        }
    }

    /// Lets it run for this long, or to its end. Returns whether it has said anything.
    pub fn let_run(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut said = false;
        while self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
            .is_ok()
        {
            said = true;
        }
        said
    }

    /// Its process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end and gives the exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Sends a signal, waits for the end and gives the exit code, none where the signal itself was the end.
    pub fn signal(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Only what a failed assertion has left running.
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Signals by the names that `kill` takes.
pub mod posix {
    /// Ctrl-C.
    pub const INT: &str = "INT";
    /// What `kill` sends.
    pub const TERM: &str = "TERM";
    /// Cannot be caught.
    pub const KILL: &str = "KILL";
}
