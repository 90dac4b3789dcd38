use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tracing::debug;

use super::ProviderError;

/// How much of standard error goes into an error. kubeadm's explanation of a failed start takes about this much.
const KEPT_LINES: usize = 40;

/// A program that is called with arguments.
///
/// No secret is ever among the arguments, so they may be shown. A dropped call kills the program. It runs in a
/// process group of its own: an interrupt from the terminal goes to us, and we decide what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    program: PathBuf,
    name: &'static str,
    /// Variables that differ from our own environment.
    env: Vec<(&'static str, OsString)>,
}

/// A command that ended.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) command: String,
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Tool {
    pub(super) fn new(name: &'static str, program: PathBuf) -> Self {
        Self {
            program,
            name,
            env: Vec::new(),
        }
    }

    /// The same tool with a variable of its environment set.
    pub(super) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// The command as a person would type it.
    pub(super) fn line(&self, args: &[&str]) -> String {
        format!("{} {}", self.name, args.join(" "))
    }

    /// A command to be started with pipes of the caller's own.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    /// Starts a command whose standard input is written later, by [`Running::finish`].
    pub(super) fn start(&self, args: &[&str]) -> Result<Running, ProviderError> {
        let line = self.line(args);
        debug!(command = line, "starting");
        let child = self.command(args).stdin(Stdio::piped()).spawn();
        let child = child.map_err(|source| ProviderError::Command {
            command: line.clone(),
            source,
        })?;
        Ok(Running { line, child })
    }

    /// Runs a command to its end, whatever that is.
    pub(super) async fn output(&self, args: &[&str], deadline: Duration) -> Result<Output, ProviderError> {
        self.start(args)?.finish(&[], deadline).await
    }
}

impl Output {
    /// Standard output, or the error that the command ended with.
    pub(super) fn success(self) -> Result<String, ProviderError> {
        if self.status.success() {
            Ok(self.stdout)
        } else {
            Err(self.into_error())
        }
    }

    /// Whether standard error is here from its first line on.
    pub(super) fn is_whole(&self) -> bool {
        self.stderr.lines().count() < KEPT_LINES
    }

    pub(super) fn into_error(self) -> ProviderError {
        ProviderError::Failed {
            command: self.command,
            status: self.status.to_string(),
            stderr: self.stderr,
        }
    }
}

/// A command that was started and waits for its standard input.
pub(super) struct Running {
    line: String,
    child: Child,
}

impl Running {
    /// Its process ID, which is also its group's.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Writes and closes its standard input and waits for its end.
    pub(super) async fn finish(mut self, stdin: &[u8], deadline: Duration) -> Result<Output, ProviderError> {
        // Outside of the future, so that a time-out can still say what was written last.
        let lines = Mutex::new(VecDeque::new());
        let ended = tokio::time::timeout(deadline, wait(&mut self.child, stdin, &lines)).await;
        let stderr = Vec::from(lines.into_inner().unwrap_or_default()).join("\n");
        match ended {
            Ok(Ok((status, stdout))) => Ok(Output {
                command: self.line,
                status,
                stdout,
                stderr,
            }),
            Ok(Err(source)) => Err(ProviderError::Command {
                command: self.line,
                source,
            }),
            Err(_) => Err(ProviderError::Deadline {
                command: self.line,
                after: deadline,
                stderr,
            }),
        }
    }
}

pub(super) async fn wait(
    child: &mut Child,
    input: &[u8],
    lines: &Mutex<VecDeque<String>>,
) -> io::Result<(ExitStatus, String)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read its input says itself what is wrong: its exit status counts.
            let _ = stdin.write_all(input).await;
        }
    };
    let read = async {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut bytes).await?;
        }
        io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let keep = async {
        if let Some(stderr) = stderr {
            keep_last(BufReader::new(stderr), lines).await?;
        }
        io::Result::Ok(())
    };
    let ((), stdout, kept) = tokio::join!(write, read, keep);
    kept?;
    Ok((child.wait().await?, stdout?))
}

/// Whether a line is information in klog's form (`I1121 12:25:44.200198 82 file.go:1] …`): of that kubeadm writes so
/// much that the error would no longer be among the last lines.
fn is_chatter(line: &str) -> bool {
    let mut characters = line.bytes();
    characters.next() == Some(b'I')
        && characters.by_ref().take(4).filter(u8::is_ascii_digit).count() == 4
        && characters.next() == Some(b' ')
}

/// A line without colours and other control characters.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.trim_end().chars();
    while let Some(character) = characters.next() {
        match character {
            // `ESC [ 3 1 m`
            '\u{1b}' => {
                characters.by_ref().skip(1).find(char::is_ascii_alphabetic);
            }
            '\t' => plain.push(' '),
            other if other.is_control() => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Keeps the last lines, as they come.
pub(super) async fn keep_last(
    mut from: impl tokio::io::AsyncBufRead + Unpin,
    lines: &Mutex<VecDeque<String>>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes).await? > 0 {
        let line = plain(&String::from_utf8_lossy(&bytes));
        bytes.clear();
        if line.is_empty() {
            continue;
        }
        debug!(target: "stateproof::tool", "{line}");
        if is_chatter(&line) {
            continue;
        }
        let Ok(mut lines) = lines.lock() else { continue };
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell() -> Tool {
        Tool::new("sh", PathBuf::from("/bin/sh"))
    }

    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_failure_carries_command_status_and_last_lines() {
        let script = "i=0; while [ $i -lt 100 ]; do echo line $i >&2; i=$((i+1)); done; exit 3";
        let error = shell()
            .output(&["-c", script], SOON)
            .await
            .unwrap()
            .success()
            .unwrap_err();
        let ProviderError::Failed {
            command,
            status,
            stderr,
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(command, format!("sh -c {script}"));
        assert_eq!(status, "exit status: 3");
        assert_eq!(stderr.lines().count(), KEPT_LINES);
        assert!(stderr.ends_with("line 99"), "{stderr}");
    }

    #[test]
    fn klogs_information_is_chatter_and_its_errors_are_not() {
        assert!(is_chatter(
            "I1121 12:25:44.200198      82 round_trippers.go:632] \"Response\""
        ));
        for line in [
            "E1121 12:25:44.200198 82 run.go:72] failed",
            "ERROR: failed to create cluster",
            "I am",
            "",
        ] {
            assert!(!is_chatter(line), "{line}");
        }
    }

    #[test]
    fn lines_are_kept_without_colours() {
        let colourful = "\u{1b}[31mFATA\u{1b}[0m[0015] failed:\u{1}\u{0} no\troom \n";
        assert_eq!(plain(colourful), "FATA[0015] failed: no room");
    }

    #[tokio::test]
    async fn a_deadline_says_what_was_written_last() {
        let script = ["-c", "echo stuck >&2; sleep 60"];
        let error = shell()
            .output(&script, Duration::from_millis(300))
            .await
            .unwrap_err();
        let ProviderError::Deadline { stderr, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(stderr, "stuck");
    }

    #[tokio::test]
    async fn input_goes_in_and_output_comes_out() {
        let running = shell().start(&["-c", "cat"]).unwrap();
        assert_eq!(
            running.finish(b"hello", SOON).await.unwrap().success().unwrap(),
            "hello"
        );
    }
}
