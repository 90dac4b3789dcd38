use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};
use tracing::debug;

use super::ProviderError;
use super::tool::{Output, Tool, wait};

/// Bytes; a pipe takes 64 KiB.
const COPIED_AT_ONCE: usize = 256 << 10;

impl Tool {
    /// Runs a command whose output is the input of several others. Gives how each of those ended; the status is that
    /// of the first one where that failed, and standard error is that of both, since either may fail because the
    /// other one did.
    pub(super) async fn fan_out(
        &self,
        from: &[&str],
        into: &[Vec<&str>],
        deadline: Duration,
    ) -> Result<Vec<Output>, ProviderError> {
        let line = |into: &[&str]| format!("{} | {}", self.line(from), self.line(into));
        let lines: Vec<_> = into.iter().map(|into| line(into)).collect();
        debug!(commands = lines.join("; "), "starting");
        let written: Vec<Mutex<VecDeque<String>>> = into.iter().map(|_| Mutex::default()).collect();
        let by_source = Mutex::default();
        let run = async {
            let mut source = self.command(from).spawn()?;
            let mut sinks = Vec::new();
            for into in into {
                sinks.push(self.command(into).stdin(Stdio::piped()).spawn()?);
            }
            let mut pipes: Vec<_> = sinks.iter_mut().map(|sink| sink.stdin.take()).collect();
            let flow = source.stdout.take();
            let copied = async {
                match flow {
                    Some(flow) => copy_to_all(flow, &mut pipes).await,
                    None => Ok(()),
                }?;
                // The others' input ends here.
                drop(pipes);
                io::Result::Ok(())
            };
            let ends = sinks
                .iter_mut()
                .zip(&written)
                .map(|(sink, written)| wait(sink, &[], written));
            let ((), (source, _), ends) =
                tokio::try_join!(copied, wait(&mut source, &[], &by_source), try_join_all(ends))?;
            io::Result::Ok((source, ends))
        };
        let ended = tokio::time::timeout(deadline, run).await;
        let last_words = |of: Mutex<VecDeque<String>>| Vec::from(of.into_inner().unwrap_or_default());
        let by_source = last_words(by_source);
        let written = written.into_iter().map(|by_sink| {
            let all: Vec<_> = by_source.iter().cloned().chain(last_words(by_sink)).collect();
            all.join("\n")
        });
        match ended {
            Ok(Ok((source, ends))) => Ok(lines
                .into_iter()
                .zip(ends)
                .zip(written)
                .map(|((command, (sink, stdout)), stderr)| Output {
                    command,
                    status: if source.success() { sink } else { source },
                    stdout,
                    stderr,
                })
                .collect()),
            Ok(Err(error)) => Err(ProviderError::Command {
                command: lines.join("; "),
                source: error,
            }),
            Err(_) => Err(ProviderError::Deadline {
                command: lines.join("; "),
                after: deadline,
                stderr: written.collect::<Vec<_>>().join("\n"),
            }),
        }
    }
}

/// Copies what comes to everybody who still reads. One that no longer does says itself what is wrong: its exit status
/// counts.
async fn copy_to_all(mut from: ChildStdout, pipes: &mut [Option<ChildStdin>]) -> io::Result<()> {
    let mut buffer = vec![0; COPIED_AT_ONCE];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let bytes = &buffer[..read];
        join_all(pipes.iter_mut().map(async |pipe| {
            if let Some(open) = pipe
                && open.write_all(bytes).await.is_err()
            {
                *pipe = None;
            }
        }))
        .await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn shell() -> Tool {
        Tool::new("sh", PathBuf::from("/bin/sh"))
    }

    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn what_one_writes_all_others_read_though_one_of_them_fails() {
        let script = "i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); done";
        let into = ["wc -l", "head -n 1; echo no >&2; exit 4", "tail -n 1"];
        let into: Vec<_> = into.iter().map(|&script| vec!["-c", script]).collect();
        let ends = shell().fan_out(&["-c", script], &into, SOON).await.unwrap();
        let [count, head, tail] = ends.as_slice() else {
            panic!("{ends:?}")
        };
        assert_eq!(count.stdout.trim(), "100000");
        assert_eq!((head.status.code(), head.stderr.as_str()), (Some(4), "no"));
        assert_eq!(tail.stdout, "line 99999\n");
    }

    #[tokio::test]
    async fn a_source_that_fails_fails_all() {
        let into = [vec!["-c", "cat"], vec!["-c", "cat; exit 4"]];
        let ends = shell()
            .fan_out(&["-c", "echo hello; echo why >&2; exit 3"], &into, SOON)
            .await
            .unwrap();
        for end in ends {
            assert_eq!((end.status.code(), end.stderr.as_str()), (Some(3), "why"));
            assert_eq!(end.stdout, "hello\n");
        }
    }
}
