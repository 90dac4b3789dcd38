//! The timeline is to scale: every piece of it lies where the history's times put it.

use std::collections::BTreeMap;

use stateproof::history::{Event, History, ObjectState, WriteFate};
use stateproof::plan::Drill;
use stateproof::report::html;
use stateproof::verdict::judge;

use super::markup::{Element, Markup};
use crate::kept::roles;
use crate::tape::Tape;

/// A lane's pieces: how each is drawn, and where it begins and how wide it is in the picture's own words.
type Lanes = BTreeMap<String, Vec<(String, String, String)>>;

/// The stretch that a picture shows.
#[derive(Clone, Copy)]
struct Stretch {
    from: u64,
    to: u64,
}

impl Stretch {
    /// Thousandths of a percent from its beginning, as the page has them.
    fn place(self, us: u64) -> u64 {
        (us.clamp(self.from, self.to) - self.from) * 100_000 / (self.to - self.from)
    }

    fn piece(self, class: &str, from_us: u64, to_us: u64) -> (String, String, String) {
        let (x, end) = (self.place(from_us), self.place(to_us));
        (class.to_owned(), percent(x), percent(end - x))
    }

    fn shows(self, from_us: u64, to_us: u64) -> bool {
        from_us <= self.to && to_us >= self.from
    }
}

fn percent(thousandths: u64) -> String {
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

/// What is drawn of one of a page's pictures, in its order.
fn figure(markup: &Markup, number: usize) -> Vec<&Element> {
    let starts: Vec<usize> = markup
        .elements
        .iter()
        .enumerate()
        .filter(|(_, element)| element.name == "figure")
        .map(|(at, _)| at)
        .collect();
    let end = starts.get(number + 1).copied().unwrap_or(markup.elements.len());
    markup.elements[starts[number]..end].iter().collect()
}

fn attribute<'e>(element: &'e Element, name: &str) -> &'e str {
    element.attributes.get(name).map_or("", String::as_str)
}

/// The lanes of a picture, by what each is of: `pod mongodb-0`, `role mongodb-0`, `claim …`.
fn drawn(elements: &[&Element]) -> Lanes {
    let mut lanes = Lanes::new();
    let mut lane = None;
    for element in elements {
        let class = attribute(element, "class");
        if class.starts_with("lane") {
            lane = attribute(element, "aria-label")
                .split_once(':')
                .map(|(name, _)| name.to_owned());
        } else if let Some(state) = class.strip_prefix("piece ") {
            // Those of the legend come after the picture, and lie nowhere.
            if let (Some(lane), false) = (&lane, attribute(element, "x").is_empty()) {
                let (x, width) = (
                    attribute(element, "x").to_owned(),
                    attribute(element, "width").to_owned(),
                );
                lanes
                    .entry(lane.clone())
                    .or_default()
                    .push((state.to_owned(), x, width));
            }
        }
    }
    lanes
}

/// The same from the history: an object is in a state until it is seen in another or is gone, a member in its role until it
/// has another.
fn recorded(history: &History, stretch: Stretch) -> Lanes {
    let end = history.records.last().unwrap().at_us;
    // What is open: where it lies, in which state, since when.
    let mut open: BTreeMap<String, (String, &str, u64)> = BTreeMap::new();
    let mut lanes = Lanes::new();
    let mut close = |(lane, class, from): (String, &str, u64), to: u64| {
        if stretch.shows(from, to) {
            lanes
                .entry(lane)
                .or_default()
                .push(stretch.piece(class, from, to));
        }
    };
    for record in &history.records {
        let (key, lane, class) = match &record.event {
            Event::Observed {
                object,
                state: ObjectState::Pod(pod),
                ..
            } => {
                let class = match (pod.ready, &pod.node) {
                    (true, _) => "ready",
                    (false, Some(_)) => "starting",
                    (false, None) => "pending",
                };
                (object.uid.clone(), format!("pod {}", object.name), class)
            }
            Event::Observed {
                object,
                state: ObjectState::Claim(_),
                ..
            } => (object.uid.clone(), format!("claim {}", object.name), "bound"),
            Event::Role { pod, role, .. } => {
                let class = match role.as_str() {
                    "PRIMARY" => "primary",
                    "SECONDARY" => "secondary",
                    _ => "other",
                };
                (format!("role {pod}"), format!("role {pod}"), class)
            }
            Event::Gone { object } => {
                close(open.remove(&object.uid).unwrap(), record.at_us);
                continue;
            }
            _ => continue,
        };
        if let Some(before) = open.insert(key, (lane, class, record.at_us)) {
            close(before, record.at_us);
        }
    }
    for (_, last) in open {
        close(last, end);
    }
    lanes
}

/// The times at which rows were acknowledged.
fn acknowledged(history: &History) -> Vec<u64> {
    let outcomes = history.records.iter().filter_map(|record| match &record.event {
        Event::Wrote { outcomes, .. } => Some(outcomes),
        _ => None,
    });
    outcomes
        .flatten()
        .filter(|outcome| outcome.fate == WriteFate::Acknowledged)
        .map(|outcome| outcome.done_us)
        .collect()
}

/// The whole run, and its one drill.
fn stretches(history: &History) -> [Stretch; 2] {
    let at = |wanted: fn(&Event) -> bool| {
        let found = history.records.iter().find(|record| wanted(&record.event));
        found.unwrap().at_us
    };
    let whole = Stretch {
        from: 0,
        to: history.records.last().unwrap().at_us,
    };
    let drill = Stretch {
        from: at(|event| matches!(event, Event::DrillStarted { .. })),
        to: at(|event| matches!(event, Event::DrillEnded { .. })),
    };
    [whole, drill]
}

fn markup(history: &History) -> Markup {
    Markup::read(&html(history, &judge(history)))
}

#[test]
fn pods_claims_and_roles_lie_where_their_times_are() {
    let history = roles();
    let page = markup(&history);
    for (number, stretch) in stretches(&history).into_iter().enumerate() {
        let mut recorded = recorded(&history, stretch);
        let mut drawn = drawn(&figure(&page, number));
        for lanes in [&mut recorded, &mut drawn] {
            for pieces in lanes.values_mut() {
                pieces.sort();
            }
        }
        assert_eq!(drawn, recorded, "picture {number}");
        assert_eq!(drawn.len(), 6, "two pods, two roles, two claims: {drawn:#?}");
        assert_eq!(drawn["pod mongodb-1"].len(), 4, "{drawn:#?}");
        assert_eq!(drawn["role mongodb-1"].len(), 4, "{drawn:#?}");
    }
}

/// The twin: a second later is elsewhere.
#[test]
fn another_time_is_another_place() {
    let mut history = roles();
    let [whole, _] = stretches(&history);
    let before = markup(&history);
    let role = history
        .records
        .iter()
        .rposition(|record| matches!(record.event, Event::Role { .. }))
        .unwrap();
    history.records[role].at_us += 500_000;
    let after = drawn(&figure(&markup(&history), 0));
    assert_ne!(after, drawn(&figure(&before, 0)));
    let role = &after["role mongodb-1"];
    let at = percent(
        whole.place(
            history
                .records
                .iter()
                .rev()
                .find_map(|record| matches!(record.event, Event::Role { .. }).then_some(record.at_us))
                .unwrap(),
        ),
    );
    assert_eq!(role.last().unwrap().1, at, "{role:?}");
}

#[test]
fn writes_their_gap_and_faults_lie_where_their_times_are() {
    const COLUMNS: u64 = 240;
    let history = roles();
    let page = markup(&history);
    let rows = acknowledged(&history);
    let faults: Vec<u64> = history
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::FaultBegun { .. }))
        .map(|record| record.at_us)
        .collect();
    let (last_before, first_after) = (
        *rows.iter().rfind(|us| **us < faults[0]).unwrap(),
        *rows.iter().find(|us| **us > faults[0]).unwrap(),
    );
    for (number, stretch) in stretches(&history).into_iter().enumerate() {
        let elements = figure(&page, number);
        let of_class = |class: &'static str| {
            elements
                .iter()
                .filter(move |one| attribute(one, "class") == class)
        };
        let mut columns: Vec<u64> = rows
            .iter()
            .map(|us| (stretch.place(*us) * COLUMNS / 100_000).min(COLUMNS - 1))
            .collect();
        columns.dedup();
        let path = of_class("acknowledged").find(|one| one.name == "path").unwrap();
        let bars: Vec<u64> = attribute(path, "d")
            .split('M')
            .skip(1)
            .map(|bar| bar.split(' ').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(bars, columns, "picture {number}");

        let gaps: Vec<_> = of_class("gap")
            .filter(|one| !attribute(one, "x").is_empty())
            .collect();
        let [gap] = gaps[..] else { panic!("{gaps:?}") };
        let (_, x, width) = stretch.piece("", last_before, first_after);
        assert_eq!(
            (attribute(gap, "x"), attribute(gap, "width")),
            (&*x, &*width),
            "picture {number}"
        );

        let dots: Vec<&str> = of_class("fault-dot").map(|dot| attribute(dot, "cx")).collect();
        let places: Vec<String> = faults.iter().map(|us| percent(stretch.place(*us))).collect();
        assert_eq!(dots, places, "picture {number}");
    }
}

/// A pod that is replaced, whose states are shorter: the same, on the other engine's tape.
#[test]
fn a_pods_states_lie_where_their_times_are() {
    let history = Tape::of(&[Drill::LosePod]).history();
    let whole = Stretch {
        from: 0,
        to: history.records.last().unwrap().at_us,
    };
    let seen: Vec<u64> = history
        .records
        .iter()
        .filter(|record| match &record.event {
            Event::Observed { object, .. } | Event::Gone { object } => object.kind == "Pod",
            _ => false,
        })
        .map(|record| record.at_us)
        .collect();
    let [first, gone, pending, scheduled, started, ready] = seen[..] else {
        panic!("{seen:?}")
    };
    let pieces = &drawn(&figure(&markup(&history), 0))["pod postgres-0"];
    assert_eq!(
        *pieces,
        [
            whole.piece("ready", first, gone),
            whole.piece("pending", pending, scheduled),
            whole.piece("starting", scheduled, started),
            whole.piece("running", started, ready),
            whole.piece("ready", ready, whole.to),
        ]
    );
}
