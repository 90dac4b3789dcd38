//! Rows read through the other Services that lead to the member, as part of its address.

use stateproof::history::{Event, Keys};
use stateproof::plan::{Outcome, Promise, Step};
use stateproof::workload::ServiceRef;

use super::checks::{check, lose_pod};
use crate::document::id;
use crate::tape::Tape;

const VIP: &str = "postgres.postgresql-prod.svc.cluster.local";

/// The drill with a second Service, read through it with what the final read found, or with other rows.
fn through(keys: impl Fn(&Keys) -> Keys) -> Tape {
    let tape = planned();
    let read = tape.events.iter().find_map(|(_, event)| match event {
        Event::Read { drill, keys, .. } => Some((drill.drill, keys.clone())),
        _ => None,
    });
    let (drill, found) = read.unwrap();
    let event = Event::ServiceRead {
        drill: id(drill),
        service: VIP.into(),
        keys: keys(&found),
    };
    tape.before(|event| matches!(event, Event::DrillEnded { .. }), event)
}

fn planned() -> Tape {
    lose_pod().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].workload.services.push(ServiceRef {
                name: "postgres".into(),
                dns: VIP.into(),
                headless: false,
                port: 5432,
                pod: None,
                publishes_not_ready: false,
            });
            plans[0].drills[0].steps.push(Step::ReadServices);
        }
    })
}

#[test]
fn the_same_rows_through_another_service_are_evidence() {
    let words = format!("the same 205 rows through {VIP}");
    check(&through(Keys::clone), Promise::Address, Outcome::Held, &[&words]);
}

#[test]
fn other_rows_through_another_service_violate() {
    let fewer = through(|keys| keys.difference(&[7].into_iter().collect()));
    let words = format!("204 rows through {VIP}, 205 through");
    check(&fewer, Promise::Address, Outcome::Violated, &[&words]);
}

#[test]
fn a_service_that_was_not_read_through_shows_nothing() {
    check(
        &planned(),
        Promise::Address,
        Outcome::Inconclusive,
        &["no rows were read through"],
    );
}
