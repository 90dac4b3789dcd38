//! What scaling does to names and claims.

use stateproof::history::{Event, Fault};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::workload::{RetentionPolicy, ServiceRef, Workload};

use crate::members::{Members, claim, down, up};

const HEADLESS: &str = "postgres-service.postgresql-prod.svc.cluster.local";
const VIP: &str = "postgres.postgresql-prod.svc.cluster.local";

fn with_services(workload: &mut Workload) {
    let service = |name: &str, dns: &str, headless| ServiceRef {
        name: name.into(),
        dns: dns.into(),
        headless,
        port: 5432,
        pod: None,
        publishes_not_ready: false,
    };
    workload.services = vec![
        service("postgres-service", HEADLESS, true),
        service("postgres", VIP, false),
    ];
}

/// What differs from a good run.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "ways to spoil a history, any of them at once"
)]
struct Spoilt {
    /// The removed pod's address is answered with still.
    stale: bool,
    /// The claim goes with its pod.
    claim_goes: bool,
    /// The virtual address is another in the end.
    moved: bool,
    /// Nobody asks while the member is away.
    unasked: bool,
    delete: bool,
}

fn scaled(spoilt: &Spoilt) -> Members {
    let mut members = Members::of(Drill::Scale, |workload| {
        with_services(workload);
        if spoilt.delete {
            workload.retention.when_scaled = RetentionPolicy::Delete;
        }
    });
    let ask = |members: &mut Members, ordinals: &[u32], vip: &str| {
        let mut addresses: Vec<_> = ordinals.iter().map(|ordinal| members.ip(*ordinal)).collect();
        addresses.sort();
        members
            .resolved(HEADLESS, &addresses)
            .resolved(VIP, &[vip.to_owned()]);
    };
    members.acts(&up(0..3)).claims(&[]).begin();
    ask(&mut members, &[0, 1, 2], "10.96.1.1");
    members.inspected(&[]).wrote(1..=10);
    let first = members.pod(0);
    members
        .begun(Fault::DeletePod, vec![first])
        .accepted(Fault::DeletePod);
    members.acts(&down([0])).acts(&up([0])).scale(2).acts(&down([2]));
    if spoilt.claim_goes {
        members.push(Event::Gone { object: claim(2) }).inspected(&[2]);
    } else {
        members.inspected(&[]);
    }
    if !spoilt.unasked {
        let there: &[u32] = if spoilt.stale { &[0, 1, 2] } else { &[0, 1] };
        ask(&mut members, there, "10.96.1.1");
    }
    members.scale(3).acts(&up([2]));
    ask(
        &mut members,
        &[0, 1, 2],
        if spoilt.moved { "10.96.1.2" } else { "10.96.1.1" },
    );
    members.inspected(&[]).wrote(11..=20).read(1..=20).end();
    members
}

#[test]
fn names_answer_with_the_pods_that_are_there() {
    let members = scaled(&Spoilt::default());
    let words = [
        "answered with the addresses of the Ready pods and no other",
        "before the first fault",
        "after `scale to 2`",
        "after `scale to 3`",
        "one address 10.96.1.1",
    ];
    members.check(Promise::Address, Outcome::Held, &words);
}

#[test]
fn a_name_that_answers_with_a_pod_that_is_gone_is_violated() {
    let stale = scaled(&Spoilt {
        stale: true,
        ..Spoilt::default()
    });
    stale.check(
        Promise::Address,
        Outcome::Violated,
        &[HEADLESS, "after `scale to 2`"],
    );
    let moved = scaled(&Spoilt {
        moved: true,
        ..Spoilt::default()
    });
    moved.check(Promise::Address, Outcome::Violated, &[VIP, "10.96.1.2"]);
}

#[test]
fn a_name_that_nobody_asked_for_proves_nothing() {
    let unasked = scaled(&Spoilt {
        unasked: true,
        ..Spoilt::default()
    });
    unasked.check(
        Promise::Address,
        Outcome::Inconclusive,
        &["was not asked for after `scale to 2`"],
    );
}

#[test]
fn the_claim_stays_and_is_taken_again() {
    let words = [
        "postgres-data-postgres-2",
        "stayed Bound while postgres-2 was away",
        "has it again",
    ];
    scaled(&Spoilt::default()).check(Promise::Retention, Outcome::Held, &words);
}

#[test]
fn a_claim_that_goes_breaks_the_promise_and_the_manifest_is_named_where_it_asks_for_it() {
    let gone = scaled(&Spoilt {
        claim_goes: true,
        ..Spoilt::default()
    });
    gone.check(
        Promise::Retention,
        Outcome::Violated,
        &["went when the set was scaled down"],
    );
    let evidence = gone.promise(Promise::Retention).evidence.join("; ");
    assert!(!evidence.contains("manifest"), "{evidence}");
    let asked = scaled(&Spoilt {
        claim_goes: true,
        delete: true,
        ..Spoilt::default()
    });
    asked.check(
        Promise::Retention,
        Outcome::Violated,
        &["whenScaled: Delete", "k8s/statefulset.yaml:1"],
    );
}

#[test]
fn claims_that_nobody_looked_at_prove_nothing() {
    let mut members = scaled(&Spoilt::default());
    let mut seen = 0;
    members.events.retain(|event| {
        let is_second = matches!(event, Event::ClaimsInspected { .. }) && {
            seen += 1;
            seen == 2
        };
        !is_second
    });
    members.check(Promise::Retention, Outcome::Inconclusive, &["was not looked at"]);
}
