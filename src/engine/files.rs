use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use super::session::within;
use super::{Dialled, Link, Process, Reach, Row, Rows, SessionError, State, Stream};
use crate::history::WriteFate;

/// How long the container may take to start a shell.
const START_DEADLINE: Duration = Duration::from_secs(5);

/// How long reading all files may take.
const READ_DEADLINE: Duration = Duration::from_mins(1);

/// Writes a file a line, `LEDGER KEY PAYLOAD CHECKSUM`, and answers with a line for each.
///
/// A file appears whole or not at all: it is written and synced under another name, then renamed, and the directory
/// synced. What fails before the renaming is refused; after it, nobody knows whether the name would outlive a crash.
/// Once the answer is `ok` all of it is on disk, as far as the file system keeps its word. POSIX shell, `sync` of
/// coreutils or busybox.
const WRITE: &str = r#"
set -f
base=$1
written=$base/.written-$$
mkdir -p "$base" && sync "${base%/*}" && : >"$written" || exit 1
trap 'rm -f "$written"' EXIT
echo ready
while read -r ledger key payload checksum; do
  directory=$base/$ledger
  file=$directory/$key
  if [ -e "$file" ]; then
    echo "refused $key there is a file of this name"
  elif ! words=$({ mkdir -p "$directory" && sync "$base" &&
      printf '%s %s\n' "$payload" "$checksum" >"$written" && sync "$written"; } 2>&1); then
    echo refused "$key" $words
  elif words=$({ mv "$written" "$file" && sync "$directory"; } 2>&1); then
    echo "ok $key"
  else
    echo unknown "$key" $words
  fi
done
"#;

/// Prints a line a file, `KEY whole|torn PAYLOAD CHECKSUM`, and `end` after the last. A file that is not one line is
/// torn. No process a file: there may be thousands.
const READ: &str = r#"
for file in "$1"/*; do
  [ -e "$file" ] || continue
  line= rest= state=torn
  {
    IFS= read -r line && state=whole
    IFS= read -r rest && state=torn
    [ -z "$rest" ] || state=torn
  } <"$file"
  printf '%s %s %s\n' "${file##*/}" "$state" "$line"
done
echo end
"#;

/// Removes a ledger's directory, and the one that all of them are in with the last. Of what begins with a dot there is the
/// shell's own file at most.
const FORGET: &str = r#"
rm -rf "$1/$2" || exit 1
[ -n "$(ls "$1" 2>/dev/null)" ] || rm -rf "$1" || exit 1
echo end
"#;

/// The ledger as files in a directory of a member's container, under the mount of its claim.
pub(super) struct Files {
    reach: Arc<dyn Reach>,
    namespace: String,
    pod: String,
    container: String,
    /// `MOUNT/stateproof`.
    base: String,
    requests: mpsc::UnboundedSender<Request>,
    _shell: AbortOnDropHandle<()>,
}

/// A file to be written.
struct Request {
    key: u64,
    line: String,
    answer: oneshot::Sender<WriteFate>,
}

/// A shell that writes files.
struct Shell {
    answers: Lines<BufReader<ReadHalf<Box<dyn Stream>>>>,
    input: WriteHalf<Box<dyn Stream>>,
    link: Box<dyn Link>,
}

impl Files {
    /// Begins a shell in the container that waits for files to write.
    pub async fn open(
        reach: &Arc<dyn Reach>,
        namespace: &str,
        pod: &str,
        container: &str,
        mount: &str,
    ) -> Result<Self, SessionError> {
        let base = format!("{}/stateproof", mount.trim_end_matches('/'));
        let argv = ["sh", "-c", WRITE, "sh", &base];
        let shell = within(START_DEADLINE, "the shell in the container", async {
            // A container that is not there, or is not running, is the member's matter, not the way's.
            let started = reach.exec(namespace, pod, container, &argv).await;
            Shell::of(started.map_err(|error| SessionError::Server(error.to_string()))?).await
        })
        .await?;
        let (requests, received) = mpsc::unbounded_channel();
        Ok(Self {
            reach: reach.clone(),
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            base,
            requests,
            _shell: AbortOnDropHandle::new(tokio::spawn(shell.serve(received))),
        })
    }

    /// Writes a row as a file, and waits for the shell's word.
    pub async fn write(&self, ledger: &str, key: u64) -> WriteFate {
        if !is_name(ledger) {
            return WriteFate::Refused(format!("{ledger:?} is no directory's name"));
        }
        let Row {
            payload, checksum, ..
        } = Row::new(ledger, key);
        let (answer, answered) = oneshot::channel();
        let request = Request {
            key,
            line: format!("{ledger} {key} {payload} {checksum}\n"),
            answer,
        };
        let ended = || WriteFate::Unknown("the shell in the container has ended".to_owned());
        if self.requests.send(request).is_err() {
            return ended();
        }
        answered.await.unwrap_or_else(|_| ended())
    }

    /// Reads every file of a ledger.
    pub async fn read(&self, ledger: &str) -> Result<Rows, SessionError> {
        if !is_name(ledger) {
            return Err(SessionError::Server(format!("{ledger:?} is no directory's name")));
        }
        let directory = format!("{}/{ledger}", self.base);
        let argv = ["sh", "-c", READ, "sh", &directory];
        within(READ_DEADLINE, "the read", async {
            let (namespace, pod) = (&self.namespace, &self.pod);
            let Dialled { mut stream, link } =
                self.reach.exec(namespace, pod, &self.container, &argv).await?;
            let mut printed = Vec::new();
            let read = stream.read_to_end(&mut printed).await;
            match (read, String::from_utf8_lossy(&printed).strip_suffix("end\n")) {
                (Ok(_), Some(lines)) => rows(ledger, lines),
                (read, _) => Err(ended("reading the files", read.err(), link).await),
            }
        })
        .await
    }

    /// Removes every file of a ledger.
    pub async fn forget(&self, ledger: &str) -> Result<(), SessionError> {
        if !is_name(ledger) {
            return Err(SessionError::Server(format!("{ledger:?} is no directory's name")));
        }
        let argv = ["sh", "-c", FORGET, "sh", &self.base, ledger];
        within(READ_DEADLINE, "the removal of the files", async {
            let (namespace, pod) = (&self.namespace, &self.pod);
            let Dialled { mut stream, link } =
                self.reach.exec(namespace, pod, &self.container, &argv).await?;
            let mut printed = Vec::new();
            match stream.read_to_end(&mut printed).await {
                Ok(_) if printed == b"end\n" => Ok(()),
                read => Err(ended("removing the files", read.err(), link).await),
            }
        })
        .await
    }

    /// Whether the shell has ended.
    pub fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }
}

impl Shell {
    /// The shell that a process is, once it is ready.
    async fn of(process: Process) -> Result<Self, SessionError> {
        let Dialled { stream, link } = process;
        let (output, input) = split(stream);
        let mut answers = BufReader::new(output).lines();
        match answers.next_line().await {
            Ok(Some(line)) if line == "ready" => Ok(Self { answers, input, link }),
            Ok(Some(line)) => Err(SessionError::Server(format!(
                "the shell in the container said {line:?}"
            ))),
            other => Err(ended("the shell in the container", other.err(), link).await),
        }
    }

    /// Passes files on and answers back, until one side ends. The shell answers in the order in which it was asked.
    async fn serve(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        let mut waiting: VecDeque<Request> = VecDeque::new();
        let error = loop {
            tokio::select! {
                answer = self.answers.next_line() => match answer {
                    Ok(Some(line)) => {
                        let Some(request) = waiting.pop_front() else { break None };
                        let Some(fate) = fate(&line, request.key) else {
                            waiting.push_front(request);
                            break None;
                        };
                        // Nobody need be waiting any more.
                        let _ = request.answer.send(fate);
                    }
                    ended => break ended.err(),
                },
                request = requests.recv() => {
                    let Some(request) = request else { return };
                    let sent = self.input.write_all(request.line.as_bytes()).await;
                    waiting.push_back(request);
                    let sent = match sent {
                        Ok(()) => self.input.flush().await,
                        failed => failed,
                    };
                    if let Err(error) = sent {
                        break Some(error);
                    }
                }
            }
        };
        requests.close();
        let words = ended("the shell in the container", error, self.link)
            .await
            .to_string();
        while let Ok(request) = requests.try_recv() {
            waiting.push_back(request);
        }
        for request in waiting {
            let _ = request.answer.send(WriteFate::Unknown(words.clone()));
        }
    }
}

/// What the shell's line says of the file that it is asked for; none when it speaks of something else.
fn fate(line: &str, key: u64) -> Option<WriteFate> {
    let (verb, rest) = line.split_once(' ')?;
    let (answered, words) = rest.split_once(' ').unwrap_or((rest, ""));
    if answered.parse() != Ok(key) {
        return None;
    }
    match verb {
        "ok" => Some(WriteFate::Acknowledged),
        "refused" => Some(WriteFate::Refused(words.to_owned())),
        "unknown" => Some(WriteFate::Unknown(words.to_owned())),
        _ => None,
    }
}

/// The rows in what [`READ`] printed.
fn rows(ledger: &str, lines: &str) -> Result<Rows, SessionError> {
    let (mut keys, mut corrupt) = (Vec::new(), Vec::new());
    for line in lines.lines() {
        let (name, content) = line.split_once(' ').unwrap_or((line, ""));
        let key: u64 = name
            .parse()
            .map_err(|_| SessionError::Server(format!("among the rows there is the file {name:?}")))?;
        let state = content
            .strip_prefix("whole ")
            .and_then(|content| content.split_once(' '))
            .and_then(|(payload, checksum)| Some(Row::state(ledger, key, payload, checksum.parse().ok()?)));
        if state != Some(State::Whole) {
            corrupt.push(key);
        }
        keys.push(key);
    }
    Ok(Rows {
        keys: keys.into_iter().collect(),
        corrupt: corrupt.into_iter().collect(),
    })
}

async fn ended(what: &str, error: Option<std::io::Error>, link: Box<dyn Link>) -> SessionError {
    let words = link.last_words().await;
    let words = match error {
        _ if !words.is_empty() => words,
        Some(error) => error.to_string(),
        None => "it said no more".to_owned(),
    };
    SessionError::Server(format!("{what} ended: {words}"))
}

/// Whether a ledger's name can be a directory's, and one word of a line.
fn is_name(ledger: &str) -> bool {
    !ledger.is_empty()
        && ledger
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
