use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{AsyncReadExt, ReadHalf, SimplexStream};

use super::{Vantage, VantageError};
use crate::engine::{Dialled, Link, Process, Reach, ReachError};

/// What a tunnel hangs on: it ends when this is dropped.
struct Tunnel {
    stderr: Option<ReadHalf<SimplexStream>>,
    _process: AttachedProcess,
}

/// Seconds that `nc` may take to connect. A pod's address that is no longer anybody's does not answer at all.
const CONNECT_SECONDS: &str = "2";

/// Bytes in flight each way; kube's own 1 KiB would make a round trip of every few rows.
const BUFFER: usize = 64 * 1024;

#[async_trait]
impl Reach for Vantage {
    async fn dial(&self, host: &str, port: u16) -> Result<Dialled, ReachError> {
        let port = port.to_string();
        let argv = ["nc", "-w", CONNECT_SECONDS, host, &port];
        let process = self.exec(&argv, &both_ways()).await.map_err(boxed)?;
        joined(process, &argv)
    }

    async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: &[&str],
    ) -> Result<Process, ReachError> {
        let pods: Api<Pod> = Api::namespaced(self.client().clone(), namespace);
        let params = both_ways().container(container);
        let process = pods.exec(pod, argv.iter().copied(), &params).await;
        let process = process.map_err(|error| {
            boxed(VantageError::Exec {
                command: argv.join(" "),
                source: Box::new(error),
            })
        })?;
        joined(process, argv)
    }
}

fn both_ways() -> AttachParams {
    AttachParams::default()
        .stdin(true)
        .max_stdin_buf_size(BUFFER)
        .max_stdout_buf_size(BUFFER)
}

fn joined(mut process: AttachedProcess, argv: &[&str]) -> Result<Dialled, ReachError> {
    let (Some(stdin), Some(stdout)) = (process.stdin(), process.stdout()) else {
        return Err(boxed(VantageError::Lost {
            command: argv.join(" "),
            source: std::io::ErrorKind::NotConnected.into(),
        }));
    };
    let stderr = process.stderr();
    Ok(Dialled {
        stream: Box::new(tokio::io::join(stdout, stdin)),
        link: Box::new(Tunnel {
            stderr,
            _process: process,
        }),
    })
}

fn boxed(error: VantageError) -> ReachError {
    ReachError(Box::new(error))
}

#[async_trait]
impl Link for Tunnel {
    async fn last_words(mut self: Box<Self>) -> String {
        let mut words = String::new();
        if let Some(mut stderr) = self.stderr.take() {
            // The stream has ended or the caller has given it up: what there is to read is there by now.
            let _ = tokio::time::timeout(Duration::from_millis(200), stderr.read_to_string(&mut words)).await;
        }
        words.trim().to_owned()
    }
}
