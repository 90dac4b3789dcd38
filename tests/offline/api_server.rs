//! An API server of one's own making: lists, watches and logs over HTTP on loopback, and ways to break them.
//!
//! What it serves is what the test puts there; its protocol is Kubernetes' ("Kubernetes API Concepts", efficient
//! detection of changes).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub const NAMESPACE: &str = "db";
pub const PODS: &str = "/api/v1/namespaces/db/pods";

/// What becomes of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends in the middle.
    Cut,
    /// The server says that the version is too old, and forgets what has been since.
    Gone,
    /// The next answers are an error of the server.
    Errors(u32),
}

/// A running server; it ends with the test's runtime.
#[derive(Clone)]
pub struct ApiServer {
    shared: Arc<Mutex<Shared>>,
    /// Counts what has happened, for the watches that are open.
    changed: watch::Sender<u64>,
    port: u16,
}

#[derive(Default)]
struct Shared {
    version: u64,
    objects: BTreeMap<(String, String), Value>,
    /// What happened, by path: version and line.
    happened: HashMap<String, Vec<(u64, String)>>,
    /// Watches of a path that were opened before its epoch are to end, and how.
    epoch: HashMap<String, (u64, Fault)>,
    errors: HashMap<String, u32>,
    /// Watches that say nothing more.
    silent: bool,
    logs: HashMap<String, String>,
    /// What is answered at a path, whatever is there: status line and body.
    fixed: HashMap<String, (String, Value)>,
    /// What is answered to a method, whatever the path.
    of_method: HashMap<String, (String, Value)>,
    written: Option<Instant>,
    requests: Vec<String>,
}

impl ApiServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            shared: Arc::default(),
            changed: watch::Sender::new(0),
            port: listener.local_addr().unwrap().port(),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let server = accepting.clone();
                // A client that goes away is no fault of the test.
                tokio::spawn(async move { drop(server.serve(stream).await) });
            }
        });
        server
    }

    pub fn client(&self) -> Client {
        let url = self.url().parse().unwrap();
        Client::try_from(Config::new(url)).unwrap()
    }

    /// Puts an object there or changes it, and tells the watches.
    pub fn put(&self, path: &str, mut object: Value) {
        let mut shared = self.shared.lock().unwrap();
        shared.version += 1;
        let version = shared.version;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let known = shared.objects.insert((path.to_owned(), name), object.clone());
        let kind = if known.is_some() { "MODIFIED" } else { "ADDED" };
        let line = json!({"type": kind, "object": object}).to_string();
        let happened = shared.happened.entry(path.to_owned()).or_default();
        happened.push((version, line));
        drop(shared);
        self.tell();
    }

    /// What is answered at a path from now on: what a group serves, for one.
    pub fn answer(&self, path: &str, answer: Value) {
        let fixed = ("200 OK".to_owned(), answer);
        self.shared.lock().unwrap().fixed.insert(path.to_owned(), fixed);
    }

    /// What is refused at a path from now on, and how: a `Status` with this code and reason.
    pub fn refuse(&self, path: &str, code: u16, reason: &str) {
        let fixed = status(code, reason);
        self.shared.lock().unwrap().fixed.insert(path.to_owned(), fixed);
    }

    /// Refuses every request by this method.
    pub fn refuse_all(&self, method: &str, code: u16, reason: &str) {
        let fixed = status(code, reason);
        self.shared
            .lock()
            .unwrap()
            .of_method
            .insert(method.to_owned(), fixed);
    }

    /// Those of the requests that would change something. The question whether one may is a POST, and changes nothing
    /// (Kubernetes, "Authorization", "Checking API access").
    pub fn mutations(&self) -> Vec<String> {
        let mut requests = self.requests();
        requests
            .retain(|request| !request.starts_with('/') && !request.contains("/selfsubjectaccessreviews"));
        requests
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a container's log says; it is followed until the test ends.
    pub fn log(&self, pod: &str, text: &str) {
        let path = format!("{PODS}/{pod}/log");
        self.shared.lock().unwrap().logs.insert(path, text.to_owned());
    }

    /// Breaks the watches of a path that are open.
    pub fn fault(&self, path: &str, fault: Fault) {
        let mut shared = self.shared.lock().unwrap();
        let epoch = shared.epoch.get(path).map_or(0, |(epoch, _)| *epoch) + 1;
        if let Fault::Errors(count) = fault {
            shared.errors.insert(path.to_owned(), count);
        }
        if fault == Fault::Gone {
            shared.happened.remove(path);
        }
        shared.epoch.insert(path.to_owned(), (epoch, fault));
        drop(shared);
        self.tell();
    }

    /// From here on the watches stay open and say nothing.
    pub fn fall_silent(&self) {
        self.shared.lock().unwrap().silent = true;
    }

    /// When the last watch event was handed to the operating system.
    pub fn written(&self) -> Instant {
        self.shared.lock().unwrap().written.unwrap()
    }

    /// What was asked for so far: paths, and in front of them the method where it is not GET.
    pub fn requests(&self) -> Vec<String> {
        self.shared.lock().unwrap().requests.clone()
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                if line == "\r\n" {
                    break;
                }
                head.push(line);
            }
            let mut words = head[0].split(' ');
            let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
            let body = body(&mut stream, &head).await?;
            let asked = if method == "GET" {
                target.clone()
            } else {
                format!("{method} {target}")
            };
            self.shared.lock().unwrap().requests.push(asked);
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let of_method = self.shared.lock().unwrap().of_method.get(&method).cloned();
            if let Some((status, refusal)) = of_method {
                answer(&mut stream, &status, &refusal).await?;
            } else if path.ends_with("/log") {
                let text = self.shared.lock().unwrap().logs.get(path).cloned();
                begin(&mut stream, "200 OK").await?;
                chunk(&mut stream, &text.unwrap_or_default()).await?;
                std::future::pending::<()>().await;
            } else if query.contains("watch=true") {
                return self.watch(&mut stream, path, query).await;
            } else if method == "PATCH" {
                let applied = self.apply(path, &body);
                answer(&mut stream, "200 OK", &applied).await?;
            } else if let Some(deleted) = (method == "DELETE").then(|| self.delete(path)).flatten() {
                answer(&mut stream, "200 OK", &deleted).await?;
            } else {
                let fixed = self.shared.lock().unwrap().fixed.get(path).cloned();
                let (status, found) = fixed.unwrap_or_else(|| ("200 OK".to_owned(), self.list(path)));
                answer(&mut stream, &status, &found).await?;
            }
        }
    }

    /// Takes an applied object in as it is, with a UID.
    fn apply(&self, path: &str, body: &[u8]) -> Value {
        let mut object: Value = serde_json::from_slice(body).unwrap();
        let (list, name) = path.rsplit_once('/').unwrap();
        object["metadata"]["uid"] = json!(format!("uid-of-{name}"));
        self.put(list, object.clone());
        object
    }

    /// Takes an object away, if it is there.
    fn delete(&self, path: &str) -> Option<Value> {
        let (list, name) = path.rsplit_once('/').unwrap();
        let mut shared = self.shared.lock().unwrap();
        shared.objects.remove(&(list.to_owned(), name.to_owned()))
    }

    fn list(&self, path: &str) -> Value {
        let shared = self.shared.lock().unwrap();
        let of_path = shared.objects.iter().filter(|((at, _), _)| at == path);
        let items: Vec<_> = of_path.map(|(_, object)| object.clone()).collect();
        let version = shared.version.to_string();
        json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": version}, "items": items})
    }

    async fn watch(&self, stream: &mut BufReader<TcpStream>, path: &str, query: &str) -> std::io::Result<()> {
        let refused = {
            let mut shared = self.shared.lock().unwrap();
            let left = shared.errors.entry(path.to_owned()).or_default();
            *left > 0 && {
                *left -= 1;
                true
            }
        };
        if refused {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 500,
                "reason": "InternalError", "message": "the test says so"});
            return answer(stream, "500 Internal Server Error", &status).await;
        }
        let from = query
            .split('&')
            .find_map(|part| part.strip_prefix("resourceVersion="));
        let mut from: u64 = from.unwrap().parse().unwrap();
        let epoch_of = |shared: &Shared| shared.epoch.get(path).map_or(0, |(epoch, _)| *epoch);
        let epoch = epoch_of(&self.shared.lock().unwrap());
        let mut changed = self.changed.subscribe();
        begin(stream, "200 OK").await?;
        loop {
            changed.mark_unchanged();
            let (lines, ended) = {
                let shared = self.shared.lock().unwrap();
                let happened = shared.happened.get(path).map_or(&[][..], Vec::as_slice);
                let mut lines: Vec<_> = happened
                    .iter()
                    .filter(|(version, _)| *version > from)
                    .cloned()
                    .collect();
                if shared.silent {
                    lines.clear();
                }
                let ended = (epoch_of(&shared) > epoch).then(|| shared.epoch[path].1);
                (lines, ended)
            };
            match ended {
                Some(Fault::Gone) => {
                    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410,
                        "reason": "Expired", "message": "too old resource version"});
                    let line = json!({"type": "ERROR", "object": status}).to_string();
                    return chunk(stream, &format!("{line}\n")).await;
                }
                Some(Fault::Cut | Fault::Errors(_)) => return Ok(()),
                None => {}
            }
            for (version, line) in lines {
                chunk(stream, &format!("{line}\n")).await?;
                self.shared.lock().unwrap().written = Some(Instant::now());
                from = version;
            }
            if changed.changed().await.is_err() {
                return Ok(());
            }
        }
    }
}

/// A refusal as the API server words it (Kubernetes API Conventions, "Response Status Kind").
fn status(code: u16, reason: &str) -> (String, Value) {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": reason});
    (format!("{code} {reason}"), body)
}

/// The body of a request with this head.
async fn body(stream: &mut BufReader<TcpStream>, head: &[String]) -> std::io::Result<Vec<u8>> {
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn answer(stream: &mut BufReader<TcpStream>, status: &str, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await
}

async fn begin(stream: &mut BufReader<TcpStream>, status: &str) -> std::io::Result<()> {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await
}

async fn chunk(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    stream.write_all(chunk.as_bytes()).await?;
    stream.flush().await
}
