//! A container of an image, and what can be done to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::TryStreamExt;
use stateproof::engine::SessionError;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::models::ContainerUpdateBody;
use testcontainers::bollard::query_parameters::{KillContainerOptionsBuilder, RemoveContainerOptionsBuilder};
use testcontainers::core::{ExecCommand, IntoContainerPort};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::net::TcpStream;

use super::docker::{self, Image, docker};
use super::interrupt;

/// After how long a test hangs: nothing here is measured by it. A first initialisation of MySQL among many has taken a
/// minute, on two cores and a slow disk.
pub const DEADLINE: Duration = Duration::from_mins(5);

/// How long whoever writes a row waits for its fate, where nothing is done to the server.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a container is made from.
pub type Request = ContainerRequest<GenericImage>;

/// A container. It is removed together with its volumes when this is dropped, and on the signals that end a test run.
pub struct Container {
    inner: ContainerAsync<GenericImage>,
    name: String,
    port: u16,
    /// How many lines it had written to standard error before it was last started.
    lines_before: usize,
}

/// A request for a container of an image whose port is published on the loopback address.
pub fn request(image: Image) -> Request {
    limited_request(image, None)
}

/// The same, with a limit to the share of one processor it gets, in thousandths.
pub fn limited_request(image: Image, cpu_millis: Option<i64>) -> Request {
    let Image { name, tag, port } = image;
    limited(GenericImage::new(name, tag).into(), port, cpu_millis)
}

/// The same of another image, at another port.
pub fn published(image: Request, port: u16) -> Request {
    limited(image, port, None)
}

fn limited(image: Request, port: u16, cpu_millis: Option<i64>) -> Request {
    image
        .with_mapped_port(0, port.tcp())
        .with_startup_timeout(DEADLINE)
        .with_host_config_modifier(move |host| {
            let ports = host.port_bindings.iter_mut().flat_map(|ports| ports.values_mut());
            for binding in ports.flatten().flatten() {
                binding.host_ip = Some("127.0.0.1".into());
            }
            host.nano_cpus = cpu_millis.map(nano_cpus);
        })
}

/// What a script has ended with.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: i64,
    /// What it has written to standard output, without the white space around it.
    pub stdout: String,
    /// The same of standard error.
    pub stderr: String,
}

impl Container {
    /// Creates and starts one, without waiting for anything inside.
    pub async fn start(request: Request) -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        docker::labels(request.descriptor()).await?;
        let port = request.ports().and_then(|ports| ports.first());
        let port = port.context("no port is published")?.container_port();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{count}", interrupt::prefix());
        match interrupt::starting(request.with_container_name(&name).start()).await {
            Ok(inner) => Ok(Self {
                inner,
                name,
                port: port.as_u16(),
                lines_before: 0,
            }),
            Err(error) => {
                // testcontainers forgets one that was created and could not be started.
                let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
                let removed = docker().await?.remove_container(&name, Some(options)).await;
                match removed {
                    Ok(()) | Err(DockerError::DockerResponseServerError { status_code: 404, .. }) => {
                        Err(error.into())
                    }
                    Err(left) => Err(error).context(format!("the container {name} is left behind: {left}")),
                }
            }
        }
    }

    /// Its name, by which other containers in its network find it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts it again after it has ended.
    pub async fn start_again(&mut self) -> Result<()> {
        self.lines_before = self.stderr().await?.lines().count();
        within("the container's start", async {
            Ok(interrupt::starting(self.inner.start()).await?)
        })
        .await
    }

    /// Stops it as `docker stop` does: the image's stop signal, and SIGKILL after the grace period. That one is longer than
    /// Docker's own, for a busy machine; a server that has to be killed ends with another exit code.
    pub async fn stop(&self) -> Result<()> {
        let stopped = self.inner.stop_with_timeout(Some(50));
        within("the container's stop", async { Ok(stopped.await?) }).await
    }

    /// Kills it, and returns when it is dead.
    pub async fn kill(&self) -> Result<()> {
        self.signal("SIGKILL").await?;
        self.ended().await?;
        Ok(())
    }

    /// Sends a signal to its first process.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        let docker = docker().await?;
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        let sent = docker.kill_container(self.inner.id(), Some(options));
        within("a signal's delivery", async { Ok(sent.await?) }).await
    }

    /// Waits for its end, and returns its exit code.
    pub async fn ended(&self) -> Result<i64> {
        let docker = docker().await?;
        within("the container's end", async {
            match docker.wait_container(self.inner.id(), None).try_next().await {
                Ok(Some(end)) => Ok(end.status_code),
                Err(DockerError::DockerContainerWaitError { code, .. }) => Ok(code),
                Ok(None) => bail!("Docker did not say how the container ended"),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Gives it a whole processor.
    pub async fn lift_limit(&self) -> Result<()> {
        let update = ContainerUpdateBody {
            nano_cpus: Some(nano_cpus(1000)),
            ..Default::default()
        };
        Ok(docker().await?.update_container(self.inner.id(), update).await?)
    }

    /// Runs a script in it by `sh`, as probes and hooks of manifests do.
    pub async fn run(&self, script: &str) -> Result<Ended> {
        within("a script's end", async {
            let command = ExecCommand::new(["sh", "-c", script]);
            let mut ended = self.inner.exec(command).await?;
            // The streams end with the script, and only then is there an exit code.
            let stdout = String::from_utf8(ended.stdout_to_vec().await?)?.trim().to_owned();
            let stderr = String::from_utf8(ended.stderr_to_vec().await?)?.trim().to_owned();
            let code = ended
                .exit_code()
                .await?
                .context("a script without an exit code")?;
            Ok(Ended { code, stdout, stderr })
        })
        .await
    }

    /// Runs a script in it that must succeed, and gives what it has written to standard output.
    pub async fn output(&self, script: &str) -> Result<String> {
        let ended = self.run(script).await?;
        ensure!(ended.code == 0, "{script}: {ended:?}");
        Ok(ended.stdout)
    }

    /// Waits for PostgreSQL: the one that listens on TCP, and is done with its recovery.
    pub async fn ready(&self) -> Result<()> {
        let mut listening = false;
        self.logs("a server that is ready", |line| {
            listening |= line.contains("listening on IPv4 address");
            listening && line.contains("ready to accept connections")
        })
        .await
    }

    /// Waits for a line on standard error that a condition holds for: since it was last started.
    pub async fn logs(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> Result<()> {
        let mut earlier = self.lines_before;
        let fresh = |line: &str| {
            let skipped = earlier > 0;
            earlier = earlier.saturating_sub(1);
            !skipped && wanted(line)
        };
        self.line(what, self.inner.stderr(true), fresh).await
    }

    /// Its name, for commands that are run in it.
    pub fn id(&self) -> &str {
        self.inner.id()
    }

    /// Waits for a line on standard output.
    pub async fn says(&self, words: &str) -> Result<()> {
        self.line(words, self.inner.stdout(true), |line: &str| line.contains(words))
            .await
    }

    async fn line(
        &self,
        what: &str,
        stream: Pin<Box<dyn AsyncBufRead + Send>>,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<()> {
        let mut lines = stream.lines();
        let found = within(what, async {
            while let Some(line) = lines.next_line().await? {
                if wanted(&line) {
                    return Ok(());
                }
            }
            bail!("the container ended before there was: {what}")
        })
        .await;
        match found {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(format!("the container's log:\n{}", self.log().await?))),
        }
    }

    /// Everything that it has written, standard output first.
    pub async fn log(&self) -> Result<String> {
        let stdout = within("the log", async { Ok(self.inner.stdout_to_vec().await?) }).await?;
        Ok(String::from_utf8(stdout)? + &self.stderr().await?)
    }

    /// What it has written to standard error since it was last started: the server's log.
    pub async fn server_log(&self) -> Result<String> {
        let log = self.stderr().await?;
        Ok(log.lines().skip(self.lines_before).collect::<Vec<_>>().join("\n"))
    }

    async fn stderr(&self) -> Result<String> {
        let stderr = within("the log", async { Ok(self.inner.stderr_to_vec().await?) }).await?;
        Ok(String::from_utf8(stderr)?)
    }

    /// A connection to the published port.
    pub async fn dial(&self) -> Result<TcpStream> {
        let address = self.address().await?;
        within("a TCP connection", async {
            Ok(TcpStream::connect(address).await?)
        })
        .await
    }

    /// Where the port is published, which is another one after every start.
    pub async fn address(&self) -> Result<SocketAddr> {
        self.published(self.port).await
    }

    /// The same of another port.
    pub async fn published(&self, port: u16) -> Result<SocketAddr> {
        let port = self.inner.get_host_port_ipv4(port).await?;
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }
}

/// Waits, but not for ever.
pub async fn within<T>(what: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    let result = tokio::time::timeout(DEADLINE, future).await;
    result.with_context(|| format!("waited {} s for: {what}", DEADLINE.as_secs()))?
}

/// Opens a session, however long a busy machine takes for it: longer than an adapter waits in one attempt, maybe.
pub async fn patiently<T>(
    mut attempt: impl AsyncFnMut() -> Result<T, SessionError>,
) -> Result<T, SessionError> {
    let end = Instant::now() + DEADLINE;
    loop {
        match attempt().await {
            Err(SessionError::TimedOut { .. }) if Instant::now() < end => {}
            done => return done,
        }
    }
}

fn nano_cpus(millis: i64) -> i64 {
    millis * 1_000_000
}
