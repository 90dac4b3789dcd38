//! nginx on a StatefulSet, `sfs-test01`, with a static volume. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::census::Census;
use crate::support::{
    assert_promise, expect_failure, first_seen, fixture, one_node_cluster, prove, proven, verification,
    with_standing,
};
use crate::volume_directory::{self, Looks};

/// The three replicas without a volume.
static WEB: LazyLock<Proven> = LazyLock::new(|| prove("sfs-nginx/web", &[]));

/// The one replica with the static volume, which names no node: on one node, or the scheduler would decide whether the
/// pod finds its files again.
static VOLUME_SEEN: LazyLock<(Proven, Looks)> =
    LazyLock::new(|| volume_directory::prove("sfs-nginx/volume", &[], true));

static VOLUME: LazyLock<&Proven> = LazyLock::new(|| &VOLUME_SEEN.0);

/// The two replicas with a volume each, after the one: on the same node, over the same directory.
static SECOND_VOLUME: LazyLock<(Proven, Looks)> = LazyLock::new(|| {
    LazyLock::force(&VOLUME_SEEN);
    volume_directory::prove("sfs-nginx-second-volume", &[Drill::LosePod], false)
});

/// The document's good states: every promise came to what was expected.
#[test]
fn the_document_holds() {
    for proven in [&*WEB, *VOLUME] {
        let verdict = &proven.verdict;
        assert_eq!(
            verdict.outcome,
            Outcome::Held,
            "{}",
            render(verdict, &Style::default())
        );
    }
}

/// D2.1: `sfs-test01-0..2`, created in order, each after the one before was Ready.
#[test]
fn d2_1_members_are_created_in_order() {
    let words = [
        "sfs-test01-1 was created after sfs-test01-0 was Ready",
        "sfs-test01-2",
    ];
    assert_promise(&WEB, Drill::Order, Promise::Order, Outcome::Held, &words);
}

/// D2.2: scaling 3→2 removes `sfs-test01-2` only, though pod-0 is the newest by then.
#[test]
fn d2_2_scaling_down_removes_the_highest_ordinal_only() {
    assert_promise(
        &WEB,
        Drill::Scale,
        Promise::Order,
        Outcome::Held,
        &[
            "sfs-test01-2 was removed",
            "the highest ordinal, though sfs-test01-0 was the newest pod",
            "not touched: sfs-test01-0",
            "sfs-test01-1",
        ],
    );
    assert_promise(
        &WEB,
        Drill::Scale,
        Promise::Identity,
        Outcome::Held,
        &["sfs-test01-2"],
    );
}

/// D2.3: the headless name answers with the Ready pods' addresses, no virtual one, and follows the scaling.
#[test]
fn d2_3_the_headless_name_answers_with_the_pods_addresses() {
    assert_promise(
        &WEB,
        Drill::Scale,
        Promise::Address,
        Outcome::Held,
        &["sfs-service01"],
    );
}

/// D2.4: the document's `nginx01` reaches a member over HTTP: status 200 and the welcome page.
#[test]
fn d2_4_a_pod_in_the_cluster_reaches_a_member() {
    with_standing("sfs-nginx/web", &[Drill::LosePod], |standing| {
        let name = "http://sfs-test01-0.sfs-service01";
        let out = standing.exec("nginx01", &["curl", "-sS", "-w", "%{http_code}", name]);
        assert!(out.contains("Welcome to nginx!") && out.ends_with("200"), "{out}");
    });
    let server = &VOLUME.verdict.facts.servers[0];
    assert!(server.version.starts_with("nginx"), "{server:?}");
}

/// D2.5 and D2.6: the static volume binds the claim that is called after template and pod; a file written to
/// `/mount01` survives the pod.
#[test]
fn d2_5_files_on_the_static_volume_survive_the_pod() {
    let words = ["sfs-vol01-sfs-test01-0", "pv-sfs01"];
    assert_promise(&VOLUME, Drill::LosePod, Promise::Storage, Outcome::Held, &words);
    let words = ["acknowledged"];
    assert_promise(
        &VOLUME,
        Drill::LosePod,
        Promise::Durability,
        Outcome::Held,
        &words,
    );
    let capacity = first_seen(&VOLUME, |object, _, state| match state {
        ObjectState::Volume(volume) if object.name == "pv-sfs01" => volume.capacity.clone(),
        _ => None,
    });
    assert_eq!(capacity.as_deref(), Some("100Mi"));
}

/// D2.5: a cluster that is used again: the directory is as empty for the second run as it was for the first, though the
/// volume is retained and the first run wrote on it.
#[test]
fn d2_5_the_next_run_begins_with_an_empty_directory() {
    let is =
        |look: &Option<String>, empty: bool| look.as_ref().is_some_and(|names| names.is_empty() == empty);
    let ((_, first), (_, second)) = (&*VOLUME_SEEN, &*SECOND_VOLUME);
    assert!(
        is(&first.first, true) && is(&first.written, false) && is(&first.last, true),
        "{first:?}"
    );
    assert!(is(&second.first, true), "{second:?}");
}

/// D2.6: the claim's name is the template's and the pod's.
#[test]
fn d2_6_the_claim_is_named_after_template_and_pod() {
    let claims = VOLUME
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Observed { object, .. } if object.kind == "PersistentVolumeClaim" => {
                Some(object.name.as_str())
            }
            _ => None,
        });
    let mut claims: Vec<_> = claims.collect();
    claims.dedup();
    assert_eq!(claims.first(), Some(&"sfs-vol01-sfs-test01-0"));
}

/// D2.5's twin: the volume names no node, so the files "vanish" when the pod moves to another, though claim and volume
/// are the same.
#[test]
fn d2_5_the_file_vanishes_when_the_pod_moves() {
    let moved =
        verification("sfs-nginx-moved/1-control-plane").upgrade_to([fixture("sfs-nginx-moved/2-worker")]);
    let proven = proven(&moved);
    let drill = Drill::Upgrade;
    let words = ["affinity", "every member was replaced and Ready"];
    assert_promise(&proven, drill, Promise::Upgrade, Outcome::Held, &words);
    let words = ["sfs-vol01-sfs-test01-0", "volume pv-sfs-moved before and after"];
    assert_promise(&proven, drill, Promise::Storage, Outcome::Held, &words);
    let words = ["lost ", " acknowledged rows: 1-"];
    assert_promise(&proven, drill, Promise::Durability, Outcome::Violated, &words);
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// D2.7 and D2.8: with two replicas the second stays Pending, its claim with it, because no second volume is there.
#[test]
fn d2_7_the_second_replica_stays_pending() {
    let proven = expect_failure(
        "sfs-nginx/volume-scaled",
        &[
            "Pod/sfs-test01-0:phase=Running",
            "Pod/sfs-test01-1:phase=Pending",
            "PersistentVolumeClaim/sfs-vol01-sfs-test01-1:phase=Pending",
            "PersistentVolumeClaim/sfs-vol01-sfs-test01-1:event=Warning/ProvisioningFailed: \
             storageclass.storage.k8s.io \"pv-sfs-test01\" not found",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D2.8, recovered: a second volume of that class lets the second replica start.
#[test]
fn d2_8_a_second_volume_lets_it_start() {
    assert_eq!(SECOND_VOLUME.0.verdict.outcome, Outcome::Held);
}

/// D2.8's twin: where it starts, the named failure is Violated.
#[test]
fn d2_8_success_where_a_failure_was_named_is_violated() {
    let proven = expect_failure(
        "sfs-nginx-second-volume",
        &[
            "Pod/sfs-test01-1:phase=Pending",
            "PersistentVolumeClaim/sfs-vol01-sfs-test01-1:event=ProvisioningFailed",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// D2.9: clean-up leaves nothing of what was applied or made for it, and before it `Retain` keeps the volume as Released.
#[test]
fn d2_9_clean_up_leaves_nothing() {
    let released = |proven: &Proven| {
        proven.history.records.iter().any(|record| {
            matches!(&record.event, Event::Observed { object, state: ObjectState::Volume(volume), .. }
                if object.name == "pv-sfs01" && volume.phase == "Released")
        })
    };
    assert!(released(&VOLUME), "the volume was never Released");
    let left = Census::of(&one_node_cluster()).of_run(&VOLUME);
    assert!(left.is_empty(), "{left:?}");
}

/// D2.10: a rolling update replaces one pod at a time, the highest ordinal first, none surplus; and back.
#[test]
fn d2_10_a_rolling_update_takes_one_pod_at_a_time() {
    let proven = prove("sfs-nginx/web", &[Drill::Rollout]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let words = ["sfs-test01-2", "sfs-test01-0"];
    assert_promise(&proven, Drill::Rollout, Promise::Order, Outcome::Held, &words);
}
