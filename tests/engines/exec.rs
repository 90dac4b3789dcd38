//! The way to a container on this machine: its published port, and commands run in it by the Docker client.

use std::net::SocketAddr;
use std::process::Stdio;

use async_trait::async_trait;
use stateproof::engine::{Dialled, Link, Process, Reach, ReachError};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use super::loopback::Loopback;

/// A container by its ID and its published port.
pub struct Exec {
    /// Its ID.
    pub id: String,
    /// Where its port is published.
    pub address: SocketAddr,
}

/// The command is killed when this is dropped.
struct Running {
    stderr: Option<ChildStderr>,
    _child: Child,
}

#[async_trait]
impl Reach for Exec {
    async fn dial(&self, host: &str, port: u16) -> Result<Dialled, ReachError> {
        Loopback(self.address).dial(host, port).await
    }

    async fn exec(&self, _: &str, _: &str, _: &str, argv: &[&str]) -> Result<Process, ReachError> {
        let mut child = Command::new("docker")
            .args(["exec", "-i", &self.id])
            .args(argv)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| ReachError(error.into()))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ReachError("the command has no standard input and output".into()));
        };
        Ok(Dialled {
            stream: Box::new(tokio::io::join(stdout, stdin)),
            link: Box::new(Running {
                stderr: child.stderr.take(),
                _child: child,
            }),
        })
    }
}

#[async_trait]
impl Link for Running {
    async fn last_words(mut self: Box<Self>) -> String {
        let mut words = String::new();
        if let Some(mut stderr) = self.stderr.take() {
            let _ = stderr.read_to_string(&mut words).await;
        }
        words.trim().to_owned()
    }
}
