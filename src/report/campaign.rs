use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::spread::Spread;
use crate::plan::Drill;
use crate::verdict::{Verdict, seconds};
use crate::workload::EngineKind;

/// How many faults of a kind a full campaign has, for each engine.
const WANTED: [(Drill, usize); 6] = [
    (Drill::LosePod, 30),
    (Drill::ForceDelete, 50),
    (Drill::Crash, 100),
    (Drill::LoseAllPods, 20),
    (Drill::DeleteStatefulset, 20),
    (Drill::PauseNode, 10),
];

/// What many runs of the same faults came to, a line an engine and drill. As JSON it is what is kept of runs whose
/// histories are too large to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// When the first run began, and the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The machines that they ran on, as those who ran them say.
    pub machines: Vec<String>,
    /// How many runs there were.
    pub runs: usize,
    /// The Kubernetes versions that they ran on.
    pub kubernetes: Vec<String>,
    /// What was counted.
    pub lines: BTreeMap<EngineKind, BTreeMap<Drill, Count>>,
    /// What did not come to what was expected, a sentence each.
    pub failed: Vec<String>,
}

/// What the faults of one drill on one engine came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Faults that were begun.
    pub faults: usize,
    /// Of these, proven to have happened.
    pub proven: usize,
    /// Rows acknowledged.
    pub acknowledged: u64,
    /// Acknowledged and not read.
    pub lost: u64,
    /// Read and never written.
    pub phantom: u64,
    /// Read with another payload, or though they were refused.
    pub corrupt: u64,
    /// Accounts of rows that there are: a fault without one shows nothing of them.
    pub accounts: usize,
    /// Rows acknowledged before each fault.
    pub before: Vec<u64>,
    /// Rows in flight when each fault was begun.
    pub in_flight: Vec<u64>,
    /// Rows a second while connected, where there were enough to tell.
    pub rates: Vec<u64>,
    /// From each fault to the first row acknowledged after it, or to Ready where no rows are written, in microseconds.
    pub recovery: Vec<u64>,
}

impl Campaign {
    /// Counts what runs came to, each with the time at which it began.
    ///
    /// ```
    /// use stateproof::history::History;
    /// use stateproof::plan::Drill;
    /// use stateproof::report::Campaign;
    /// use stateproof::verdict::judge;
    /// use stateproof::workload::EngineKind;
    ///
    /// let lines = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/lost-row.jsonl"));
    /// let history = History::parse(lines)?;
    /// let run = || (history.records[0].wall, judge(&history));
    /// let campaign = Campaign::of([run(), run()]);
    /// let count = &campaign.lines[&EngineKind::PostgreSql][&Drill::LosePod];
    /// assert_eq!((count.faults, count.proven, count.lost), (2, 2, 2));
    /// # Ok::<(), stateproof::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn of(runs: impl IntoIterator<Item = (Timestamp, Verdict)>) -> Self {
        let mut campaign = Self::default();
        for (begun, verdict) in runs {
            campaign.began(begun, begun);
            campaign.runs += 1;
            campaign.add(&verdict);
        }
        campaign
    }

    /// Counts what another campaign came to as well.
    ///
    /// ```
    /// use stateproof::report::Campaign;
    ///
    /// let mut campaign = Campaign { runs: 2, ..Campaign::default() };
    /// campaign.merge(Campaign { runs: 1, machines: vec!["another".to_owned()], ..Campaign::default() });
    /// assert_eq!((campaign.runs, campaign.machines.len()), (3, 1));
    /// ```
    pub fn merge(&mut self, other: Self) {
        if let Some((first, last)) = other.span {
            self.began(first, last);
        }
        self.runs += other.runs;
        unite(&mut self.machines, other.machines);
        unite(&mut self.kubernetes, other.kubernetes);
        for (engine, lines) in other.lines {
            for (drill, count) in lines {
                self.lines
                    .entry(engine)
                    .or_default()
                    .entry(drill)
                    .or_default()
                    .merge(count);
            }
        }
        self.failed.extend(other.failed);
    }

    fn began(&mut self, first: Timestamp, last: Timestamp) {
        let (begun, ended) = self.span.unwrap_or((first, last));
        self.span = Some((begun.min(first), ended.max(last)));
    }

    fn add(&mut self, verdict: &Verdict) {
        unite(&mut self.kubernetes, [verdict.facts.cluster.kubernetes.clone()]);
        let engines = || {
            let workloads = verdict.facts.workloads.iter();
            workloads.map(|workload| (&workload.id, workload.engine))
        };
        for (id, engine) in engines() {
            for proof in verdict.faults.iter().filter(|proof| *proof.drill.workload == *id) {
                let count = self
                    .lines
                    .entry(engine)
                    .or_default()
                    .entry(proof.drill.drill)
                    .or_default();
                count.faults += 1;
                count.proven += usize::from(proof.unproven.is_none());
                if let Some(rows) = verdict.rows.iter().find(|rows| rows.drill == proof.drill) {
                    count.accounts += 1;
                    count.acknowledged += rows.acknowledged.len();
                    count.lost += rows.lost.len();
                    count.phantom += rows.phantom.len();
                    count.corrupt += rows.corrupt.len() + rows.refused_but_present.len();
                    count.before.push(rows.acknowledged_before.len());
                    count.in_flight.push(rows.in_flight.len());
                    count.rates.extend(rows.rows_per_second);
                }
                let times = verdict.recovery.iter().find(|times| times.drill == proof.drill);
                count
                    .recovery
                    .extend(times.and_then(|times| times.write_us.or(times.ready_us)));
            }
        }
        for promise in verdict.failed() {
            let evidence = promise.evidence.first().map_or("", String::as_str);
            self.failed.push(format!(
                "{}, {}: {}, expected {}: {evidence}",
                promise.drill, promise.promise, promise.observed, promise.expected
            ));
        }
        self.failed.extend(verdict.shortfalls.iter().cloned());
    }

    /// What is still to be done of the figures, a sentence each: an engine that was begun is to have them all.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for engine in ENGINES {
            for (drill, wanted) in WANTED {
                let lines = self.lines.get(&engine);
                let done = lines
                    .and_then(|lines| lines.get(&drill))
                    .map_or(0, |count| count.proven);
                if done < wanted {
                    missing.push(format!("{engine}, {drill}: {done} of {wanted}"));
                }
            }
        }
        missing
    }
}

impl Count {
    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.proven += other.proven;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.phantom += other.phantom;
        self.corrupt += other.corrupt;
        self.accounts += other.accounts;
        self.before.extend(other.before);
        self.in_flight.extend(other.in_flight);
        self.rates.extend(other.rates);
        self.recovery.extend(other.recovery);
    }
}

/// The engines that a campaign is for.
const ENGINES: [EngineKind; 4] = [
    EngineKind::PostgreSql,
    EngineKind::MySql,
    EngineKind::MongoDb,
    EngineKind::Http,
];

/// The campaign as Markdown: what was counted, what failed, and what is not reached yet.
impl fmt::Display for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let when = self.span.map_or_else(
            || "never".to_owned(),
            |(first, last)| format!("from {} to {}", day(first), day(last)),
        );
        let runs = if self.runs == 1 { "run" } else { "runs" };
        writeln!(
            f,
            "{} {runs}, begun {when}, on Kubernetes {}.",
            self.runs,
            self.kubernetes.join(", ")
        )?;
        for machine in &self.machines {
            writeln!(f, "Machine: {machine}.")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "| engine | drill | faults | proven | acknowledged rows | lost | phantom | corrupt | before, fewest | \
             in flight, fewest | rows/s, median | recovery median | p95 | max |"
        )?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        let lines = self.lines.iter();
        for (engine, drill, count) in
            lines.flat_map(|(engine, all)| all.iter().map(move |(drill, count)| (engine, drill, count)))
        {
            let wanted = WANTED.iter().find(|(one, _)| one == drill);
            let of = wanted.map_or_else(String::new, |(_, wanted)| format!(" of {wanted}"));
            writeln!(f, "| {engine} | {drill} | {}{of} | {count} |", count.faults)?;
        }
        section(f, "What did not come to what was expected", &self.failed)?;
        section(f, "Not reached yet", &self.missing())
    }
}

/// The cells of a line after the number of faults.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.proven * 100 / self.faults.max(1);
        let fewest = |all: &[u64]| all.iter().min().map_or_else(|| "—".to_owned(), u64::to_string);
        let rows = |rows: u64| {
            if self.accounts == 0 {
                "—".to_owned()
            } else {
                rows.to_string()
            }
        };
        let rate = Spread::of(self.rates.clone());
        let recovery = Spread::of(self.recovery.clone());
        let time = |of: fn(&Spread) -> u64| {
            recovery
                .as_ref()
                .map_or_else(|| "—".to_owned(), |spread| seconds(of(spread)))
        };
        write!(
            f,
            "{percent} % | {} | {} | {} | {} | {} | {} | {} | {} | {} | {}",
            rows(self.acknowledged),
            rows(self.lost),
            rows(self.phantom),
            rows(self.corrupt),
            fewest(&self.before),
            fewest(&self.in_flight),
            rate.map_or_else(|| "—".to_owned(), |rate| rate.median.to_string()),
            time(|spread| spread.median),
            time(|spread| spread.p95),
            time(|spread| spread.max),
        )
    }
}

/// Adds what is not known yet.
fn unite(known: &mut Vec<String>, others: impl IntoIterator<Item = String>) {
    for other in others {
        if !known.contains(&other) {
            known.push(other);
        }
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    writeln!(f, "\n## {title}\n")?;
    if lines.is_empty() {
        return writeln!(f, "Nothing.");
    }
    for line in lines {
        writeln!(f, "- {line}")?;
    }
    Ok(())
}
