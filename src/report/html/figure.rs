use std::collections::BTreeSet;

use super::bars::{Bars, bars};
use crate::history::{DrillId, Event, Fault, History, ObjectRef};
use crate::report::lanes::{Kind, Lane, State, Stay};
use crate::report::scale::{Percent, Scale, Tick};
use crate::report::writes::{Gap, Writes};
use crate::verdict::seconds;
use crate::workload::WorkloadId;

/// A timeline to scale.
pub(super) struct Figure {
    /// What the axis counts from.
    pub origin: &'static str,
    pub drills: Vec<Band>,
    pub marks: Vec<Mark>,
    /// How many rows the marks need so that none covers another.
    pub mark_rows: usize,
    pub lanes: Vec<Row>,
    pub writes: Option<Bars>,
    pub ticks: Vec<Tick>,
    /// The states that are in it.
    pub legend: Vec<State>,
    /// Whether a container was started again.
    pub restarted: bool,
    /// The same in words.
    pub table: Vec<Line>,
    /// How many lines the table would have besides.
    pub more: usize,
}

/// A stretch with a name.
pub(super) struct Band {
    pub x: Percent,
    pub width: Percent,
    pub name: String,
}

/// A fault on the axis.
pub(super) struct Mark {
    pub number: usize,
    pub x: Percent,
    pub row: usize,
    pub when: String,
    pub what: String,
    pub answer: String,
}

/// One object's row.
pub(super) struct Row {
    pub kind: &'static str,
    pub name: String,
    /// The row in words, for who cannot see it.
    pub words: String,
    pub pieces: Vec<Piece>,
    /// When a container was started again.
    pub restarts: Vec<Restart>,
}

/// A container started again.
pub(super) struct Restart {
    pub x: Percent,
    pub title: String,
}

/// A part of a row.
pub(super) struct Piece {
    pub x: Percent,
    pub width: Percent,
    pub class: &'static str,
    pub title: String,
}

/// A line of the table.
pub(super) struct Line {
    pub kind: &'static str,
    pub name: String,
    pub state: String,
    pub from: String,
    pub to: String,
}

/// A fault as it was done.
pub(super) struct Done {
    pub number: usize,
    pub us: u64,
    pub drill: DrillId,
    pub what: String,
    pub answer: String,
}

/// What a figure is of.
pub(super) struct Subject<'a> {
    pub scale: Scale,
    pub origin: &'static str,
    /// Only this workload's lanes.
    pub workload: Option<&'a WorkloadId>,
    /// Only this drill's faults.
    pub drill: Option<&'a DrillId>,
    pub bands: Vec<(String, u64, u64)>,
    pub writes: Option<Writes>,
    pub gaps: Vec<Gap>,
}

/// So many columns has a row: what is narrower than one is drawn only where nothing else is.
const GRAIN: usize = 1_000;

/// As many stays are said of a lane at most.
const SAID: usize = 12;

/// As many lines has the table at most.
const LINES: usize = 200;

/// So far are marks apart in one row, in thousandths of a percent: a mark's width on a narrow screen.
const APART: u64 = 6_500;

impl Figure {
    pub fn of(subject: Subject<'_>, lanes: &[Lane], faults: &[Done]) -> Self {
        let scale = subject.scale;
        let shown: Vec<&Lane> = lanes
            .iter()
            .filter(|lane| subject.workload.is_none_or(|workload| *workload == lane.workload))
            .filter(|lane| {
                lane.spans
                    .iter()
                    .any(|stay| scale.shows(stay.from_us, stay.to_us))
            })
            .collect();
        let states: BTreeSet<State> = shown
            .iter()
            .flat_map(|lane| &lane.spans)
            .filter(|stay| scale.shows(stay.from_us, stay.to_us))
            .map(|stay| stay.state)
            .collect();
        let rows: Vec<Row> = shown.iter().map(|lane| row(lane, scale)).collect();
        let (marks, mark_rows) = marks(faults, &subject);
        let mut table: Vec<Line> = shown.iter().flat_map(|lane| lines(lane, scale)).collect();
        let more = table.len().saturating_sub(LINES);
        table.truncate(LINES);
        Self {
            origin: subject.origin,
            drills: bands(&subject),
            marks,
            mark_rows,
            restarted: rows.iter().any(|row| !row.restarts.is_empty()),
            lanes: rows,
            writes: subject.writes.map(|writes| bars(&writes, &subject.gaps, scale)),
            ticks: scale.ticks(),
            legend: State::ALL
                .into_iter()
                .filter(|state| states.contains(state))
                .collect(),
            table,
            more,
        }
    }

    /// The height of the row with the marks, in pixels.
    pub fn mark_height(&self) -> usize {
        self.mark_rows * 22 + 2
    }
}

impl Mark {
    /// The middle of the mark, in pixels from the top of its row.
    pub fn y(&self) -> usize {
        self.row * 22 + 12
    }
}

/// Every fault of a history, numbered in the order in which they were done.
pub(super) fn faults(history: &History) -> Vec<Done> {
    let mut done: Vec<Done> = Vec::new();
    for record in &history.records {
        let (drill, fault, answer) = match &record.event {
            Event::FaultBegun {
                drill,
                fault,
                targets,
            } => {
                done.push(Done {
                    number: done.len() + 1,
                    us: record.at_us,
                    drill: drill.clone(),
                    what: aimed(*fault, targets),
                    answer: "not answered".to_owned(),
                });
                continue;
            }
            Event::FaultAccepted { drill, fault } => (drill, fault, "accepted".to_owned()),
            Event::FaultRefused {
                drill,
                fault,
                status,
                message,
            } => (drill, fault, format!("refused with {status}: {message}")),
            _ => continue,
        };
        let name = fault.to_string();
        let last = done
            .iter_mut()
            .rfind(|done| done.drill == *drill && done.what.starts_with(&name));
        if let Some(last) = last {
            last.answer = answer;
        }
    }
    done
}

fn aimed(fault: Fault, targets: &[ObjectRef]) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<&str> = targets
        .iter()
        .take(NAMED)
        .map(|target| target.name.as_str())
        .collect();
    let more = format!("{} more", targets.len().saturating_sub(NAMED));
    if targets.len() > NAMED {
        names.push(&more);
    }
    format!("{fault}: {}", names.join(", "))
}

/// A time as the axis counts it.
pub(super) fn since(us: u64, scale: Scale) -> String {
    match us.checked_sub(scale.origin) {
        Some(after) => seconds(after),
        None => format!("−{}", seconds(scale.origin - us)),
    }
}

fn marks(faults: &[Done], subject: &Subject<'_>) -> (Vec<Mark>, usize) {
    let scale = subject.scale;
    let shown = faults.iter().filter(|done| {
        scale.shows(done.us, done.us) && subject.drill.is_none_or(|drill| *drill == done.drill)
    });
    let mut rows: Vec<Percent> = Vec::new();
    let marks: Vec<Mark> = shown
        .map(|done| {
            let x = scale.place(done.us);
            let free = rows.iter().position(|last| x.from(*last).0 >= APART);
            let row = free.unwrap_or_else(|| {
                rows.push(x);
                rows.len() - 1
            });
            rows[row] = x;
            Mark {
                number: done.number,
                x,
                row,
                when: since(done.us, scale),
                what: done.what.clone(),
                answer: done.answer.clone(),
            }
        })
        .collect();
    (marks, rows.len())
}

fn bands(subject: &Subject<'_>) -> Vec<Band> {
    let bands = subject.bands.iter();
    bands
        .map(|(name, from_us, to_us)| {
            let x = subject.scale.place(*from_us);
            Band {
                x,
                width: subject.scale.place(*to_us).from(x),
                name: name.clone(),
            }
        })
        .collect()
}

fn row(lane: &Lane, scale: Scale) -> Row {
    let mut pieces = Vec::new();
    let mut filled = None;
    let shown = || {
        lane.spans
            .iter()
            .filter(|stay| scale.shows(stay.from_us, stay.to_us))
    };
    for stay in shown() {
        let end = scale.column(stay.to_us, GRAIN);
        // Nobody could see it beside what is there already.
        if filled == Some(end) && scale.column(stay.from_us, GRAIN) == end {
            continue;
        }
        filled = Some(end);
        let x = scale.place(stay.from_us);
        pieces.push(Piece {
            x,
            width: Percent(scale.place(stay.to_us).from(x).0.max(150)),
            class: stay.state.class(),
            title: format!(
                "{}: {}, {} to {}",
                lane.name,
                words(lane.kind, stay),
                since(stay.from_us.max(scale.from), scale),
                since(stay.to_us.min(scale.to), scale)
            ),
        });
    }
    let mut said: Vec<String> = shown()
        .take(SAID)
        .map(|stay| {
            format!(
                "{} from {} to {}",
                stay.state.word(),
                since(stay.from_us.max(scale.from), scale),
                since(stay.to_us.min(scale.to), scale)
            )
        })
        .collect();
    if shown().count() > SAID {
        said.push("and more, see the table".to_owned());
    }
    let restarts = restarts(lane, scale);
    said.extend(restarts.iter().map(|restart| restart.title.clone()));
    Row {
        kind: lane.kind.word(),
        name: lane.name.clone(),
        words: format!("{} {}: {}", lane.kind.word(), lane.name, said.join("; ")),
        pieces,
        restarts,
    }
}

fn restarts(lane: &Lane, scale: Scale) -> Vec<Restart> {
    let mut shown = lane
        .restarts
        .iter()
        .filter(|(us, _)| scale.shows(*us, *us))
        .map(|(us, count)| Restart {
            x: scale.place(*us),
            title: format!(
                "{}: container started again at {}, restart {count}",
                lane.name,
                since(*us, scale)
            ),
        })
        .collect::<Vec<_>>();
    shown.dedup_by_key(|restart| restart.x.0 / 100);
    shown
}

fn lines(lane: &Lane, scale: Scale) -> impl Iterator<Item = Line> {
    let shown = lane
        .spans
        .iter()
        .filter(move |stay| scale.shows(stay.from_us, stay.to_us));
    shown.map(move |stay| Line {
        kind: lane.kind.word(),
        name: lane.name.clone(),
        state: words(lane.kind, stay),
        from: since(stay.from_us.max(scale.from), scale),
        to: since(stay.to_us.min(scale.to), scale),
    })
}

fn words(kind: Kind, stay: &Stay) -> String {
    let which = stay.which.get(..8).unwrap_or(&stay.which);
    match (kind, &stay.why) {
        (Kind::Role, Some(role)) if stay.which.is_empty() => role.clone(),
        (Kind::Role, Some(role)) => format!("{role}, {}", stay.which),
        (_, Some(why)) => format!("{} ({why}), UID {which}", stay.state.word()),
        (_, None) => format!("{}, UID {which}", stay.state.word()),
    }
}
