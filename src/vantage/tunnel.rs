use std::time::Duration;

use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{AsyncReadExt, Join, ReadHalf, SimplexStream, WriteHalf};

use super::{Vantage, VantageError};

/// A byte stream that was opened inside the cluster.
pub type Tunnel = Join<ReadHalf<SimplexStream>, WriteHalf<SimplexStream>>;

/// What a tunnel hangs on: it ends when this is dropped.
pub struct Link {
    stderr: Option<ReadHalf<SimplexStream>>,
    _process: AttachedProcess,
}

/// Seconds that `nc` may take to connect. A pod's address that is no longer anybody's does not answer at all.
const CONNECT_SECONDS: &str = "2";

/// Bytes in flight each way; kube's own 1 KiB would make a round trip of every few rows.
const BUFFER: usize = 64 * 1024;

impl Vantage {
    /// Opens a connection to a name from inside the cluster.
    ///
    /// It returns before the connection is made: if it fails, the stream ends and [`Link::last_words`] says why.
    ///
    /// # Errors
    /// [`VantageError::Exec`] when the vantage itself cannot be reached.
    pub async fn dial(&self, host: &str, port: u16) -> Result<(Tunnel, Link), VantageError> {
        let params = AttachParams::default()
            .stdin(true)
            .max_stdin_buf_size(BUFFER)
            .max_stdout_buf_size(BUFFER);
        let port = port.to_string();
        let argv = ["nc", "-w", CONNECT_SECONDS, host, &port];
        let mut process = self.exec(&argv, &params).await?;
        let lost = || VantageError::Lost {
            command: argv.join(" "),
            source: std::io::ErrorKind::NotConnected.into(),
        };
        let (stdin, stdout) = (
            process.stdin().ok_or_else(lost)?,
            process.stdout().ok_or_else(lost)?,
        );
        let stderr = process.stderr();
        Ok((
            tokio::io::join(stdout, stdin),
            Link {
                stderr,
                _process: process,
            },
        ))
    }
}

impl Link {
    /// What `nc` said before it ended, for example `nc: bad address 'postgres-0…'`; empty when it said nothing.
    pub async fn last_words(mut self) -> String {
        let mut words = String::new();
        if let Some(mut stderr) = self.stderr.take() {
            // The stream has ended or the caller has given it up: what there is to read is there by now.
            let _ = tokio::time::timeout(Duration::from_millis(200), stderr.read_to_string(&mut words)).await;
        }
        words.trim().to_owned()
    }
}
