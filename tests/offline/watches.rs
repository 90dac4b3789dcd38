//! Waits on a fake API server: how soon they end, and what a broken watch does to them and to the history.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stateproof::cluster::{Objects, Progress, WaitError, Watches};
use stateproof::history::{Event, Recorder};
use stateproof::manifest::{ManifestSet, Secrets};

use crate::api_server::{ApiServer, Fault, NAMESPACE, PODS};

/// What the issue allows between an event's arrival and the end of the wait that it satisfies.
const ALLOWED: Duration = Duration::from_millis(100);

/// How often it is measured.
const REPETITIONS: u32 = 200;

/// Longer than anything here takes on a machine that is busy.
const DEADLINE: Duration = Duration::from_mins(1);

/// A pod whose address says how often it was changed.
fn pod(number: u32) -> Value {
    json!({
        "metadata": {"name": "web-0", "namespace": NAMESPACE, "uid": "u"},
        "status": {"phase": "Running", "podIP": format!("10.0.0.{number}")},
    })
}

fn is(objects: &Objects, number: u32) -> bool {
    let ip = objects
        .pod(NAMESPACE, "web-0")
        .and_then(|(_, pod)| pod.ip.clone());
    ip == Some(format!("10.0.0.{number}"))
}

fn until(objects: &Objects, number: u32) -> Progress<()> {
    if is(objects, number) {
        return Progress::Met(());
    }
    Progress::Pending {
        last: "another".into(),
        causes: Vec::new(),
    }
}

/// A server with one pod, watched, and the history.
async fn watched() -> (ApiServer, Watches, Recorder) {
    let server = ApiServer::start().await;
    server.put(PODS, pod(0));
    let recorder = Recorder::in_memory();
    let watches = Watches::start(
        &server.client(),
        &recorder,
        &[NAMESPACE.into()],
        Secrets::default(),
    );
    wait(&watches, 0).await;
    // What comes after the list comes through the watch: it is open.
    server.put(PODS, pod(250));
    wait(&watches, 250).await;
    (server, watches, recorder)
}

async fn wait(watches: &Watches, number: u32) {
    let check = |objects: &Objects| until(objects, number);
    watches
        .until("Pod web-0", "changed", DEADLINE, check)
        .await
        .unwrap();
}

/// How long the machine has let this thread stand in the queue so far, in favour of others.
///
/// Second figure of `/proc/thread-self/schedstat` (proc(5)); none on a system without it.
fn queued() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').nth(1).and_then(|figure| figure.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Changes the pod again and again while somebody waits for it, and gives the longest time from the moment in which
/// the event was handed to the operating system to the end of the wait.
///
/// Everything is on this one thread, and the time for which other processes had its processor is not counted: what is
/// measured is the harness, however busy the machine is.
async fn longest(
    server: &ApiServer,
    watches: &Watches,
    repetitions: u32,
    polled: Option<Duration>,
) -> Duration {
    let mut longest = Duration::ZERO;
    for number in 1..=repetitions {
        let sender = server.clone();
        let change = async {
            // The wait is under way first.
            tokio::task::yield_now().await;
            sender.put(PODS, pod(number));
            queued()
        };
        let end = async {
            match polled {
                None => wait(watches, number).await,
                Some(cadence) => {
                    while !watches.look(|objects| is(objects, number)) {
                        tokio::time::sleep(cadence).await;
                    }
                }
            }
            (Instant::now(), queued())
        };
        let (queued_before, (ended, queued_after)) = tokio::join!(change, end);
        let elapsed = ended.saturating_duration_since(server.written());
        longest = longest.max(elapsed.saturating_sub(queued_after.saturating_sub(queued_before)));
    }
    longest
}

#[tokio::test(flavor = "current_thread")]
async fn no_wait_ends_later_than_100_ms_after_its_event() {
    let (server, watches, _) = watched().await;
    let longest = longest(&server, &watches, REPETITIONS, None).await;
    println!("longest of {REPETITIONS} waits: {longest:?} after its event");
    assert!(longest <= ALLOWED, "{longest:?}");
}

/// The twin: whoever looks every 150 ms instead of watching is found out by the same measure.
#[tokio::test(flavor = "current_thread")]
async fn looking_now_and_then_would_be_noticed() {
    let (server, watches, _) = watched().await;
    let longest = longest(&server, &watches, 5, Some(Duration::from_millis(150))).await;
    assert!(longest > ALLOWED, "{longest:?}");
}

fn gaps(recorder: &Recorder) -> Vec<String> {
    let records = recorder.history().records.into_iter();
    records
        .filter_map(|record| match record.event {
            Event::Gap { kind, .. } => Some(kind),
            _ => None,
        })
        .collect()
}

/// The server still has the version that was seen last: nothing is missed, and nothing is said to be.
#[tokio::test]
async fn a_watch_that_is_cut_off_goes_on_where_it_was() {
    let (server, watches, recorder) = watched().await;
    server.fault(PODS, Fault::Cut);
    for number in 1..=3 {
        server.put(PODS, pod(number));
    }
    wait(&watches, 3).await;
    assert_eq!(gaps(&recorder), Vec::<String>::new());
    let seen = recorder
        .history()
        .records
        .into_iter()
        .filter(|record| matches!(&record.event, Event::Observed { object, .. } if object.kind == "Pod"));
    assert_eq!(seen.count(), 5, "two before the cut, and every change since");
}

/// The server has forgotten the version: what happened in between is known by its result only, and the history says
/// so.
#[tokio::test]
async fn a_version_that_is_gone_is_a_gap() {
    let (server, watches, recorder) = watched().await;
    server.put(PODS, pod(1));
    wait(&watches, 1).await;
    server.put(PODS, pod(2));
    server.fault(PODS, Fault::Gone);
    wait(&watches, 2).await;
    server.put(PODS, pod(3));
    wait(&watches, 3).await;
    assert_eq!(gaps(&recorder), ["Pod"]);
}

/// A list of one namespace says nothing about another: what is there was never gone.
#[tokio::test]
async fn a_version_that_is_gone_in_one_namespace_loses_nothing_of_another() {
    const OTHERS: &str = "/api/v1/namespaces/run/pods";
    let server = ApiServer::start().await;
    server.put(PODS, pod(0));
    let vantage = |ip: &str| {
        json!({
            "metadata": {"name": "vantage", "namespace": "run", "uid": "v"},
            "status": {"phase": "Running", "podIP": ip},
        })
    };
    server.put(OTHERS, vantage("10.0.0.1"));
    let recorder = Recorder::in_memory();
    let namespaces = [NAMESPACE.into(), "run".into()];
    let watches = Watches::start(&server.client(), &recorder, &namespaces, Secrets::default());
    let vantage_is = async |ip: &str| {
        let check = |objects: &Objects| match objects.pod("run", "vantage") {
            Some((_, pod)) if pod.ip.as_deref() == Some(ip) => Progress::Met(()),
            _ => Progress::Pending {
                last: "another".into(),
                causes: Vec::new(),
            },
        };
        let waited = watches.until("Pod vantage", "changed", DEADLINE, check).await;
        waited.unwrap();
    };
    wait(&watches, 0).await;
    vantage_is("10.0.0.1").await;
    server.put(OTHERS, vantage("10.0.0.2"));
    vantage_is("10.0.0.2").await;
    server.put(OTHERS, vantage("10.0.0.3"));
    server.fault(OTHERS, Fault::Gone);
    vantage_is("10.0.0.3").await;
    server.put(OTHERS, vantage("10.0.0.4"));
    vantage_is("10.0.0.4").await;
    assert_eq!(gaps(&recorder), ["Pod"]);
    assert!(watches.look(|objects| is(objects, 0)), "it is still known");
    let records = recorder.history().records.into_iter();
    let gone: Vec<_> = records
        .filter(|record| matches!(record.event, Event::Gone { .. }))
        .collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// One that nobody had claimed may become ours, and so is known: once others have claimed it, that is known too.
#[tokio::test]
async fn a_volume_that_others_claim_is_seen_to_be_theirs() {
    const VOLUMES: &str = "/api/v1/persistentvolumes";
    let volume = |phase: &str, claim: Value| json!({"metadata": {"name": "pv", "uid": "p"}, "spec": {"claimRef": claim}, "status": {"phase": phase}});
    let server = ApiServer::start().await;
    server.put(VOLUMES, volume("Available", Value::Null));
    let namespaces = [NAMESPACE.into()];
    let watches = Watches::start(
        &server.client(),
        &Recorder::in_memory(),
        &namespaces,
        Secrets::default(),
    );
    let phase_is = async |phase: &str| {
        let check = |objects: &Objects| match objects.volume("pv") {
            Some((_, volume)) if volume.phase == phase => Progress::Met(()),
            _ => Progress::Pending {
                last: "another".into(),
                causes: Vec::new(),
            },
        };
        let waited = watches.until("PersistentVolume pv", phase, DEADLINE, check).await;
        waited.unwrap();
    };
    phase_is("Available").await;
    server.put(
        VOLUMES,
        volume("Bound", json!({"namespace": "others", "name": "data"})),
    );
    phase_is("Bound").await;
}

#[tokio::test]
async fn a_server_that_fails_for_a_while_is_asked_again() {
    let (server, watches, recorder) = watched().await;
    server.fault(PODS, Fault::Errors(2));
    server.put(PODS, pod(1));
    wait(&watches, 1).await;
    assert_eq!(gaps(&recorder), Vec::<String>::new());
    let asked = server
        .requests()
        .into_iter()
        .filter(|target| target.starts_with(PODS) && target.contains("watch=true"));
    assert_eq!(asked.count(), 4, "the first, two that failed, one that did not");
}

/// A watch that stays open and says nothing: the wait ends by its own deadline, with the last state.
#[tokio::test]
async fn a_silent_watch_is_waited_for_no_longer_than_allowed() {
    let (server, watches, _) = watched().await;
    server.fall_silent();
    server.put(PODS, pod(1));
    let deadline = Duration::from_millis(200);
    let check = |objects: &Objects| until(objects, 1);
    let ended = watches.until("Pod web-0", "changed", deadline, check).await;
    let Err(WaitError::NotMet {
        waited,
        hopeless,
        last,
        ..
    }) = ended
    else {
        panic!("{ended:?}")
    };
    assert!(waited >= deadline && !hopeless && last == "another");
}

/// The log of a container that was started is read while its pod is not Ready; it stands in the history when the wait
/// fails, without the set's passwords.
#[tokio::test]
async fn what_a_container_said_stands_in_the_history_when_the_wait_fails() {
    let server = ApiServer::start().await;
    let lines: Vec<String> = (1..=12).map(|line| format!("line {line} of hunter2")).collect();
    server.log("web-0", &format!("{}\n\n", lines.join("\n\n")));
    let mut crashed = pod(1);
    crashed["status"]["containerStatuses"] = json!([{
        "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 1, "containerID": "containerd://1",
        "state": {"terminated": {"exitCode": 1, "reason": "Error", "message": "hunter2 is wrong"}},
    }]);
    server.put(PODS, crashed);
    let set = ManifestSet::from_str(
        "db.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n",
    );
    let recorder = Recorder::in_memory();
    let secrets = Secrets::of(&set.unwrap());
    let watches = Watches::start(&server.client(), &recorder, &[NAMESPACE.into()], secrets);
    let said = |objects: &Objects| match objects.logs().next() {
        Some((_, _, lines)) if lines.last().is_some_and(|line| line.starts_with("line 12")) => {
            Progress::Hopeless {
                last: "it says so".into(),
                causes: Vec::new(),
            }
        }
        _ => Progress::<()>::Pending {
            last: "nothing".into(),
            causes: Vec::new(),
        },
    };
    let failed = watches.until("Pod web-0", "Ready", DEADLINE, said).await;
    assert!(matches!(failed, Err(WaitError::NotMet { hopeless: true, .. })));
    let history = recorder.history();
    let mut logs = history.records.iter().filter_map(|record| match &record.event {
        Event::Log { container, lines, .. } => Some((container.as_str(), lines.clone())),
        _ => None,
    });
    let expected: Vec<String> = (3..=12).map(|line| format!("line {line} of ***")).collect();
    assert_eq!(logs.next(), Some(("web", expected)));
    let text = serde_json::to_string(&history.records).unwrap();
    assert!(
        !text.contains("hunter2") && text.contains("*** is wrong"),
        "{text}"
    );
    let asked = server
        .requests()
        .into_iter()
        .find(|target| target.contains("/log?"))
        .unwrap();
    assert!(
        asked.contains("follow=true") && asked.contains("tailLines=50"),
        "{asked}"
    );
}
