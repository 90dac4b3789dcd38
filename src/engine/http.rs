//! Files on a volume, behind a web server: asked for over HTTP, written and read in the member's container.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONNECTION, HOST, SERVER, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::files::Files;
use super::reach::explain;
use super::session::within;
use super::{Address, Dialled, Facts, Reach, Rows, SessionError, Stream, Target};
use crate::history::WriteFate;

/// How long the server may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// How many bytes of a page are looked at.
const LARGEST_PAGE: usize = 64 * 1024;

/// How many characters of a page's title or first line are told.
const LONGEST_LINE: usize = 120;

const NO_FILES: &str =
    "there is nothing to write on: the address is no member's, or no claim is mounted in its container";

/// A session: the server has answered a request, and in a member with a claim a shell waits for files to write.
pub struct Session {
    reach: Arc<dyn Reach>,
    host: String,
    port: u16,
    files: Option<Files>,
}

impl Session {
    /// Asks for `/` through the DNS name, whatever the status, and begins a shell where files are to be written.
    ///
    /// # Errors
    /// [`SessionError`] when the server gives no HTTP answer within 5 s, or the container does not run a shell that
    /// can write on the claim.
    pub async fn open(reach: &Arc<dyn Reach>, target: &Target) -> Result<Self, SessionError> {
        let Address::Name { dns, pod } = &target.address else {
            return Err(SessionError::Server("HTTP has no replica sets".to_owned()));
        };
        let engine = &target.engine;
        get(&**reach, dns, engine.port).await?;
        let files = match pod {
            Some((namespace, pod)) if !engine.data_directory.is_empty() => {
                let mount = &engine.data_directory;
                Some(Files::open(reach, namespace, pod, &engine.container, mount).await?)
            }
            _ => None,
        };
        Ok(Self {
            reach: reach.clone(),
            host: dns.clone(),
            port: engine.port,
            files,
        })
    }
}

#[async_trait]
impl super::Session for Session {
    async fn write(&self, ledger: &str, key: u64, _patience: Duration) -> WriteFate {
        match &self.files {
            Some(files) => files.write(ledger, key).await,
            None => WriteFate::Refused(NO_FILES.to_owned()),
        }
    }

    /// The shell writes one file after the other; a few that wait for it hide the way there.
    fn at_once(&self) -> usize {
        4
    }

    async fn read(&self, ledger: &str) -> Result<Rows, SessionError> {
        match &self.files {
            Some(files) => files.read(ledger).await,
            None => Err(SessionError::Server(NO_FILES.to_owned())),
        }
    }

    async fn facts(&self) -> Result<Facts, SessionError> {
        get(&*self.reach, &self.host, self.port).await
    }

    async fn forget(&self, ledger: &str) -> Result<(), SessionError> {
        match &self.files {
            Some(files) => files.forget(ledger).await,
            None => Ok(()),
        }
    }

    /// HTTP does not tell which server answered.
    fn server(&self) -> Option<&str> {
        None
    }

    fn is_closed(&self) -> bool {
        self.files.as_ref().is_some_and(Files::is_closed)
    }

    fn write_level(&self) -> &'static str {
        "file and directory synced"
    }

    fn read_level(&self) -> &'static str {
        "every file read anew in the member's container"
    }
}

/// Asks for `/` and tells what the server says: `Server`, status, and the page's title or first line.
async fn get(reach: &dyn Reach, host: &str, port: u16) -> Result<Facts, SessionError> {
    let Dialled { stream, link } = reach.dial(host, port).await?;
    match within(DEADLINE, "GET /", ask(stream, host, port)).await {
        Ok(facts) => Ok(facts),
        Err(error) => Err(explain(link, error).await),
    }
}

async fn ask(stream: Box<dyn Stream>, host: &str, port: u16) -> Result<Facts, SessionError> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its error is not lost: the request fails with it.
    let _connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let host = match port {
        80 => host.to_owned(),
        _ => format!("{host}:{port}"),
    };
    let request = Request::get("/")
        .header(HOST, host)
        .header(USER_AGENT, "stateproof")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| SessionError::Server(error.to_string()))?;
    let mut response = sender.send_request(request).await?;
    let mut page = Vec::new();
    while let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame?.into_data() {
            page.extend_from_slice(&data);
        }
        if page.len() > LARGEST_PAGE {
            break;
        }
    }
    let server = response.headers().get(SERVER);
    Ok(Facts {
        version: server.map_or_else(
            || "a server that does not say what it is".to_owned(),
            |server| String::from_utf8_lossy(server.as_bytes()).into_owned(),
        ),
        settings: BTreeMap::from([
            ("GET / status".to_owned(), response.status().to_string()),
            ("GET / page".to_owned(), headline(&String::from_utf8_lossy(&page))),
        ]),
    })
}

/// A page's title, or its first line that is not empty.
fn headline(page: &str) -> String {
    let title = page.split_once("<title>").map(|(_, rest)| rest);
    let title = title.and_then(|rest| Some(rest.split_once("</title>")?.0));
    let line = title
        .or_else(|| page.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or_default();
    let line = line.trim().chars().filter(|c| !c.is_control());
    line.take(LONGEST_LINE).collect()
}

impl From<hyper::Error> for SessionError {
    fn from(error: hyper::Error) -> Self {
        let mut words = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            words = format!("{words}: {cause}");
            source = cause.source();
        }
        Self::Server(words)
    }
}

#[cfg(test)]
mod tests {
    use super::headline;

    #[test]
    fn a_page_is_told_by_its_title_or_its_first_line() {
        for (page, told) in [
            (
                "<html>\n<head><title>Welcome to nginx!</title></head>",
                "Welcome to nginx!",
            ),
            ("\n  hello \x1b[31m\nworld", "hello [31m"),
            ("<title>never ends", "<title>never ends"),
            ("", ""),
        ] {
            assert_eq!(headline(page), told, "{page:?}");
        }
    }
}
