use std::io;
use std::process::Stdio;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::ProviderError;
use super::node::Node;
use crate::history::{NodeTask, TaskChange};

/// How long a node's containerd may take to accept the subscription.
const SUBSCRIBING: Duration = Duration::from_secs(30);

/// Runs on the node. `docker exec` does not end what it started when its client goes, but it closes its standard
/// input: so the listener ends with that. And `ctr events` does not say when it has begun to listen: so empty
/// namespaces are made and removed, which are events too, until a line on standard input says that one was seen. In
/// the language that every shell has: on a node of k3s there is no other.
const LISTENER: &str = r"
exec 3<&0
ctr events & events=$!
probe=stateproof-$$
{
  trap stop=1 TERM
  until [ $stop ]; do
    ctr namespaces create $probe
    ctr namespaces remove $probe
    sleep 0.1
  done
} >/dev/null 2>&1 & probes=$!
{ read -r seen; kill $probes; cat; kill $events; } <&3 >/dev/null 2>&1 & input=$!
wait $events
kill $probes $input 2>/dev/null
";

impl Node {
    /// The starts and ends of the main processes of the node's containers, from now on: the subscription holds when
    /// this returns. Dropping the stream ends it on the node, too.
    ///
    /// The times are containerd's own. Processes that `exec` adds to a container are left out.
    ///
    /// # Errors
    ///
    /// When the node does not accept the subscription. The stream itself ends with
    /// [`ProviderError::EventsEnded`] when the node's containerd goes.
    pub async fn tasks(&self) -> Result<BoxStream<'static, Result<NodeTask, ProviderError>>, ProviderError> {
        let args = ["exec", "--interactive", &self.container, "sh", "-c", LISTENER];
        let mut child = self
            .docker()
            .tool()
            .command(&args)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| self.ended(&error.to_string()))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.ended("it has no pipes"));
        };
        let lines = BufReader::new(stdout).lines();
        let mut listener = Listener {
            node: self.clone(),
            child,
            stdin,
            lines,
        };
        let first = tokio::time::timeout(SUBSCRIBING, listener.subscribed())
            .await
            .unwrap_or_else(|_| Err(self.ended("no event came within 30 s")))?;
        let first = stream::iter(self.read(&first).transpose());
        let rest = stream::try_unfold(listener, |mut listener| async move {
            let task = listener.next().await?;
            Ok(Some((task, listener)))
        });
        Ok(first.chain(rest).boxed())
    }

    fn read(&self, line: &str) -> Result<Option<NodeTask>, ProviderError> {
        let command = "ctr events".to_owned();
        task(&self.name, line).map_err(|reason| ProviderError::Answer { command, reason })
    }

    fn ended(&self, reason: &str) -> ProviderError {
        ProviderError::EventsEnded {
            node: self.name.clone(),
            reason: reason.to_owned(),
        }
    }
}

struct Listener {
    node: Node,
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    /// Waits for the first event, whatever it is, and stops the probing.
    async fn subscribed(&mut self) -> Result<String, ProviderError> {
        let first = self.line().await?;
        self.stdin
            .write_all(b"seen\n")
            .await
            .map_err(|error| self.node.ended(&error.to_string()))?;
        Ok(first)
    }

    async fn next(&mut self) -> Result<NodeTask, ProviderError> {
        loop {
            let line = self.line().await?;
            if let Some(task) = self.node.read(&line)? {
                return Ok(task);
            }
        }
    }

    async fn line(&mut self) -> Result<String, ProviderError> {
        match self.lines.next_line().await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => {
                let reason = self.last_words().await;
                Err(self.node.ended(&reason))
            }
            Err(error) => Err(self.node.ended(&error.to_string())),
        }
    }

    async fn last_words(&mut self) -> String {
        let mut text = String::new();
        let read = match self.child.stderr.take() {
            Some(mut stderr) => stderr.read_to_string(&mut text).await,
            None => io::Result::Ok(0),
        };
        match read {
            Ok(0) => "its output ended".to_owned(),
            Ok(_) => text.trim().to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

/// Of `/tasks/exit` the process's own ID; it is the container's for the main process.
#[derive(Deserialize)]
struct TaskEvent {
    container_id: String,
    id: Option<String>,
}

/// A line of `ctr events`: time, namespace, topic and the event as JSON, for example
/// `2026-11-21 12:00:50.2164 +0000 UTC k8s.io /tasks/start {"container_id":"cb99","pid":27250}`.
///
/// # Errors
///
/// When it is about a container of the kubelet's and yet cannot be read.
fn task(node: &str, line: &str) -> Result<Option<NodeTask>, String> {
    let words: Vec<&str> = line.splitn(7, ' ').collect();
    let &[date, time, offset, _zone, "k8s.io", topic, event] = words.as_slice() else {
        return Ok(None);
    };
    let change = match topic {
        "/tasks/start" => TaskChange::Started,
        "/tasks/exit" => TaskChange::Exited,
        _ => return Ok(None),
    };
    let event: TaskEvent = serde_json::from_str(event).map_err(|error| format!("{error} in {line}"))?;
    if change == TaskChange::Exited && event.id.as_ref() != Some(&event.container_id) {
        return Ok(None);
    }
    let when = Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f %z", format!("{date} {time} {offset}"));
    let when = when.map_err(|error| format!("{error} in {line}"))?;
    Ok(Some(NodeTask {
        node: node.to_owned(),
        container: event.container_id,
        change,
        when,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    // From containerd 1.6.20, the IDs shortened.
    const START: &str =
        r#"2026-11-21 12:00:50.2033221 +0000 UTC k8s.io /tasks/start {"container_id":"cb99","pid":27250}"#;
    const EXIT: &str = r#"2026-11-21 12:00:50.41046469 +0000 UTC k8s.io /tasks/exit {"container_id":"cb99","id":"cb99","pid":27250,"exit_status":137,"exited_at":"2026-11-21T12:00:50.41043752Z"}"#;
    const EXEC_EXIT: &str = r#"2026-11-21 12:00:50.324242851 +0000 UTC k8s.io /tasks/exit {"container_id":"cb99","id":"8cb8","pid":27298,"exited_at":"2026-11-21T12:00:50.324098566Z"}"#;

    #[test]
    fn starts_and_exits_of_main_processes_are_read() {
        let task_of = |change, when: &str| {
            let (node, container) = ("n".to_owned(), "cb99".to_owned());
            Ok(Some(NodeTask {
                node,
                container,
                change,
                when: when.parse().unwrap(),
            }))
        };
        assert_eq!(
            task("n", START),
            task_of(TaskChange::Started, "2026-11-21T12:00:50.2033221Z")
        );
        assert_eq!(
            task("n", EXIT),
            task_of(TaskChange::Exited, "2026-11-21T12:00:50.41046469Z")
        );
        let whole_second = START.replace("50.2033221", "50");
        assert_eq!(
            task("n", &whole_second),
            task_of(TaskChange::Started, "2026-11-21T12:00:50Z")
        );
    }

    #[test]
    fn all_else_is_left_out() {
        let other_namespace = START.replace("k8s.io", "moby");
        let delete = EXIT.replace("/tasks/exit", "/tasks/delete");
        let probe = r#"2026-11-21 12:00:50.34 +0000 UTC default /namespaces/create {"name":"stateproof-7"}"#;
        for line in [
            EXEC_EXIT,
            &other_namespace,
            &delete,
            probe,
            "",
            "ctr: no such file {",
        ] {
            assert_eq!(task("n", line), Ok(None), "{line}");
        }
    }

    #[test]
    fn a_task_that_cannot_be_read_is_an_error() {
        for line in [
            &START[..80],
            &START.replace("2026-11-21", "yesterday"),
            &START.replace("container_id", "x"),
        ] {
            assert!(task("n", line).is_err(), "{line}");
        }
    }
}
