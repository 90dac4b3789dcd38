//! Drills in rounds: which come when, that each is judged by itself, and what every report makes of them.

use proptest::prelude::*;
use stateproof::history::{Event, Keys};
use stateproof::plan::{Drill, Outcome, Plan, Promise, Rounds};
use stateproof::report::{self, Comparison, Style};
use stateproof::verdict::{Verdict, judge};

use crate::document::plan;
use crate::tape::Tape;

const DRILLS: [Drill; 5] = [
    Drill::Crash,
    Drill::LosePod,
    Drill::ForceDelete,
    Drill::DeleteStatefulset,
    Drill::DeleteClaim,
];

fn rounds(limit: u32, seed: Option<u64>) -> Rounds {
    Rounds {
        limit,
        seconds: None,
        seed,
    }
}

fn in_rounds(rounds: Rounds) -> Plan {
    Plan {
        rounds: Some(rounds),
        ..plan(&DRILLS)
    }
}

fn order(plan: &Plan, round: u32) -> Vec<Drill> {
    plan.round(round).iter().map(|planned| planned.drill).collect()
}

/// A run of 20 rounds that lost a row in one of them.
fn lost_in_round_17() -> Verdict {
    let tape = Tape::rounds(&[Drill::LosePod, Drill::ForceDelete], rounds(20, Some(7)), 20);
    judge(&tape.changed(lose_a_row).history())
}

fn lose_a_row(event: &mut Event) {
    if let Event::Read { drill, keys, .. } = event
        && (drill.drill, drill.round) == (Drill::LosePod, 17)
    {
        *keys = keys.difference(&[42].into_iter().collect::<Keys>());
    }
}

proptest! {
    /// The same seed gives the same order, each drill once; what destroys comes in none of the rounds.
    #[test]
    fn a_round_has_every_drill_once_in_an_order_of_its_seed(seed: u64, round in 1..10_000_u32, limit in 1..100_u32) {
        let one = order(&in_rounds(rounds(limit, Some(seed))), round);
        prop_assert_eq!(&one, &order(&in_rounds(rounds(limit + 1, Some(seed))), round));
        let mut sorted = one;
        sorted.sort();
        prop_assert_eq!(sorted, DRILLS[..4].to_vec());
        prop_assert_eq!(order(&in_rounds(rounds(limit, Some(seed))), 0), vec![Drill::DeleteClaim]);
    }

    /// A drill that is left out leaves the others in the order in which they were.
    #[test]
    fn a_drill_more_or_less_changes_nothing_for_the_others(seed: u64, round in 1..10_000_u32, out in 0..4_usize) {
        let all = in_rounds(rounds(1, Some(seed)));
        let mut fewer = all.clone();
        let left_out = fewer.drills.remove(out).drill;
        let mut rest = order(&all, round);
        rest.retain(|drill| *drill != left_out);
        prop_assert_eq!(rest, order(&fewer, round));
    }
}

/// The twin of the first property: an order that did not depend on the seed, or on the round, would hold it too.
#[test]
fn every_order_comes_about_and_is_written_down() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        seen.insert(order(&in_rounds(rounds(2, Some(seed))), 1));
    }
    assert_eq!(seen.len(), 24, "of four drills there are 24 orders");
    let of_seven = in_rounds(rounds(9, Some(7)));
    assert!((1..9).any(|round| order(&of_seven, round) != order(&of_seven, round + 1)));
    // A seed that somebody wrote down must give the same order in the next version.
    let written: Vec<_> = (1..=3).map(|round| order(&of_seven, round)).collect();
    insta::assert_snapshot!(format!("{written:?}"), @"[[DeleteStatefulset, LosePod, Crash, ForceDelete], [DeleteStatefulset, ForceDelete, LosePod, Crash], [ForceDelete, DeleteStatefulset, LosePod, Crash]]");
    let unseeded = in_rounds(rounds(9, None));
    assert_eq!(order(&unseeded, 1), order(&unseeded, 9));
    assert_eq!(order(&unseeded, 1), DRILLS[..4]);
}

#[test]
fn every_round_is_judged_by_itself() {
    let held = judge(&Tape::rounds(&DRILLS, rounds(5, Some(7)), 5).history());
    assert_eq!(
        held.outcome,
        Outcome::Held,
        "{:#?}",
        held.failed().collect::<Vec<_>>()
    );
    assert_eq!(held.recovery.len(), 4 * 5 + 1);

    let verdict = lost_in_round_17();
    assert_eq!(verdict.outcome, Outcome::Violated);
    let failed: Vec<_> = verdict.failed().collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    assert_eq!(failed[0].promise, Promise::Durability);
    assert_eq!(
        failed[0].drill.to_string(),
        "postgresql-prod/postgres/lose-pod, round 17"
    );
    assert_eq!(failed[0].evidence[0], "lost 1 acknowledged row: 42");
}

#[test]
fn rounds_that_are_not_accounted_for_are_inconclusive() {
    let drills = [Drill::LosePod, Drill::ForceDelete];
    let shortfall = |tape: Tape, words: &str| {
        let verdict = judge(&tape.history());
        assert_eq!(verdict.outcome, Outcome::Inconclusive, "{words}");
        assert!(
            verdict
                .shortfalls
                .iter()
                .any(|shortfall| shortfall.contains(words)),
            "{words}: {:?}",
            verdict.shortfalls
        );
    };
    shortfall(
        Tape::rounds(&drills, rounds(5, None), 4),
        "of 5 rounds 4 were begun",
    );
    let whole = || Tape::rounds(&drills, rounds(3, Some(7)), 3);
    shortfall(
        whole().without(|event| matches!(event, Event::RoundsEnded { .. })),
        "does not say how many rounds",
    );
    let said = |number| {
        whole().changed(move |event| {
            if let Event::RoundsEnded { begun, .. } = event {
                *begun = number;
            }
        })
    };
    shortfall(
        said(2),
        "2 rounds of postgresql-prod/postgres were begun, and round 3 was seen",
    );
    // A round that is said to have been begun and left no trace.
    let verdict = judge(&said(4).history());
    let missing: Vec<_> = verdict.failed().collect();
    assert!(missing.iter().all(|promise| promise.drill.round == 4) && missing.len() == 10);
    assert_eq!(missing[0].evidence, ["the drill was planned and never started"]);
    // The seed says which drill comes first.
    let seed = |seed| {
        whole().changed(move |event| {
            if let Event::RunStarted { plans, .. } = event {
                plans[0].rounds = Some(rounds(3, Some(seed)));
            }
        })
    };
    let mut other = 0..;
    let other = other.find(|seed| {
        let order_of = |seed| {
            order(
                &Plan {
                    rounds: Some(rounds(3, Some(seed))),
                    ..plan(&drills)
                },
                2,
            )
        };
        order_of(*seed) != order_of(7)
    });
    shortfall(
        seed(other.unwrap()),
        "round 2, were done in another order than planned",
    );
}

#[test]
fn with_a_time_the_number_of_rounds_is_what_was_begun() {
    let asked = Rounds::asked(None, Some(std::time::Duration::from_mins(1)), Some(7)).unwrap();
    let verdict = judge(&Tape::rounds(&[Drill::LosePod], asked, 3).history());
    assert_eq!((verdict.outcome, verdict.promises.len()), (Outcome::Held, 15));
    let facts = verdict.facts.workloads[0].rounds.unwrap();
    assert_eq!((facts.begun, facts.asked), (3, asked));
}

#[test]
fn the_text_names_the_round_the_seed_and_the_spread() {
    let text = report::render(&lost_in_round_17(), &Style::default());
    for words in [
        "20 rounds were begun of what was asked for: 20 rounds, in an order of seed 7",
        "postgresql-prod/postgres/lose-pod, 20 rounds",
        "identity   Held in all 20 rounds; round 1:",
        "durability Violated in 1 of 20; round 17: lost 1 acknowledged row: 42",
        "postgresql-prod/postgres/lose-pod, round 17, durability: Violated",
        "lose-pod                 min     median        p95        max   measured",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(text.lines().count() < 150, "{}", text.lines().count());
}

#[test]
fn every_report_names_the_round() {
    let tape =
        Tape::rounds(&[Drill::LosePod, Drill::ForceDelete], rounds(20, Some(7)), 20).changed(lose_a_row);
    let (history, verdict) = (tape.history(), lost_in_round_17());
    let junit = report::junit(&history, &verdict).unwrap();
    assert!(
        junit.contains(r#"<testsuite name="postgresql-prod/postgres/lose-pod, round 17" tests="5""#),
        "{junit}"
    );
    assert!(junit.contains(r#"classname="postgresql-prod.postgres.lose-pod.round-17""#));
    assert_eq!(junit.matches("<testsuite ").count(), 40);
    let page = report::html(&history, &verdict);
    assert!(page.contains("lose-pod, round 17") && page.contains("lose-pod, round 1<"));
    // The first round of either drill, and the one that lost a row.
    assert_eq!(page.matches(r#"<article class="card drill""#).count(), 3);
    assert!(page.contains("Violated in 1 of 20"));
    let summary = report::summary(&verdict);
    assert!(
        summary.contains("lose-pod, 20 rounds | durability | Violated in 1 of 20"),
        "{summary}"
    );
}

/// Rounds are what `compare` otherwise takes several runs for.
#[test]
fn rounds_are_compared_like_runs() {
    let held = judge(&Tape::rounds(&[Drill::LosePod], rounds(20, Some(7)), 20).history());
    let comparison = Comparison::of(&[held], &[lost_in_round_17()]);
    assert!(comparison.is_worse());
    let text = comparison.to_string();
    assert!(
        text.contains("lose-pod, durability: Held in 20 of 20 → Violated in 1 of 20"),
        "{text}"
    );
    let ready = comparison
        .times
        .iter()
        .find(|times| times.step == "Ready")
        .unwrap();
    assert_eq!(ready.old.unwrap().count, 20);
}
