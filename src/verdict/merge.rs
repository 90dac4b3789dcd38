use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::{Verdict, judge};
use crate::history::{History, HistoryError, Sharded};
use crate::workload::Workload;

/// What the shares of a suite come to together.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The one verdict.
    pub verdict: Verdict,
    /// The shares that are there, in their order, each with its own verdict. The run's own namespace has the first
    /// one's name in all of them.
    pub parts: Vec<(History, Verdict)>,
}

/// Why histories cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// There is none.
    #[error("there is no history to merge")]
    Nothing,
    /// It is no share.
    #[error("history {position} is not of a run with --shard: only shares of one suite can be merged")]
    NoShard {
        /// Its position among the histories, from 1.
        position: usize,
    },
    /// It is of another suite.
    #[error("history {position} is of another set, or of other drills, than the first: {what}")]
    Differs {
        /// Its position among the histories, from 1.
        position: usize,
        /// What differs.
        what: String,
    },
    /// A share is there more than once.
    #[error("shard {index} is there more than once")]
    Twice {
        /// Which.
        index: u32,
    },
    /// A history cannot be written as JSON and read again.
    #[error("history {position} cannot be taken: {cause}")]
    Unusable {
        /// Its position among the histories, from 1.
        position: usize,
        /// Why.
        cause: String,
    },
}

/// Judges the shares of a suite, each by itself, and gives one verdict for all of it.
///
/// Held needs every share: one that is missing, cut off or interrupted makes the whole at best Inconclusive.
///
/// # Errors
/// [`MergeError`] when they are not shares of one and the same suite, or one is there twice.
pub fn merge(histories: &[History]) -> Result<Merged, MergeError> {
    let first = histories.first().ok_or(MergeError::Nothing)?;
    let namespace = first
        .sharded()
        .ok_or(MergeError::NoShard { position: 1 })?
        .namespace
        .clone();
    let mut parts = BTreeMap::new();
    let mut suite: Option<(Sharded, Vec<Workload>)> = None;
    for (position, history) in (1..).zip(histories) {
        let history = renamed(history, &namespace, position)?;
        let own = history.sharded().ok_or(MergeError::NoShard { position })?.clone();
        let workloads = workloads(&history);
        let (of, expected) = suite.get_or_insert_with(|| (own.clone(), workloads.clone()));
        let what = differs(of, expected, &own, &workloads);
        if let Some(what) = what {
            return Err(MergeError::Differs { position, what });
        }
        let verdict = judge(&history);
        if parts.insert(own.index, (history, verdict)).is_some() {
            return Err(MergeError::Twice { index: own.index });
        }
    }
    let (suite, _) = suite.ok_or(MergeError::Nothing)?;
    Ok(Merged {
        verdict: together(&suite, &parts),
        parts: parts.into_values().collect(),
    })
}

/// What tells two suites apart.
fn differs(of: &Sharded, expected: &[Workload], own: &Sharded, workloads: &[Workload]) -> Option<String> {
    if own.of != of.of {
        return Some(format!("it is one of {} shards, not of {}", own.of, of.of));
    }
    if !(1..=own.of).contains(&own.index) {
        return Some(format!("it is shard {} of {}", own.index, own.of));
    }
    let ids = |workloads: &[Workload]| {
        let ids = workloads.iter().map(|workload| workload.id().to_string());
        ids.collect::<Vec<_>>().join(", ")
    };
    if ids(workloads) != ids(expected) {
        return Some(format!("it has {}, not {}", ids(workloads), ids(expected)));
    }
    let mut pairs = workloads.iter().zip(expected);
    if let Some((other, _)) = pairs.find(|(one, other)| one != other) {
        return Some(format!("{} is declared otherwise", other.id()));
    }
    (own.suite != of.suite).then(|| "the drills are others, or split otherwise".to_owned())
}

fn together(suite: &Sharded, parts: &BTreeMap<u32, (History, Verdict)>) -> Verdict {
    let mut all = judge(&History::default());
    all.shortfalls.clear();
    all.not_proven.clear();
    for shard in 1..=suite.of {
        match parts.get(&shard) {
            Some((_, verdict)) => add(&mut all, verdict, shard, suite),
            None => all.shortfalls.push(missing(shard, suite)),
        }
    }
    let place = |verdict: &super::PromiseVerdict| {
        let mut drills = suite.suite.iter();
        drills.position(|one| one.drill == verdict.drill)
    };
    all.promises.sort_by_key(place);
    all.conclude();
    all
}

fn missing(shard: u32, suite: &Sharded) -> String {
    let drills = suite.suite.iter().filter(|one| one.shard == shard);
    let drills: Vec<_> = drills.map(|one| one.drill.to_string()).collect();
    let drills = if drills.is_empty() {
        "none".to_owned()
    } else {
        drills.join(", ")
    };
    format!(
        "shard {shard} of {} is missing, with its drills: {drills}",
        suite.of
    )
}

fn add(all: &mut Verdict, part: &Verdict, shard: u32, suite: &Sharded) {
    let Verdict {
        outcome: _,
        shortfalls,
        failures,
        promises,
        faults,
        rows,
        recovery,
        overlaps,
        readiness,
        warnings,
        roles,
        share,
        facts,
        not_proven,
    } = part.clone();
    let named = |what: String| format!("shard {shard} of {}: {what}", suite.of);
    all.shortfalls.extend(shortfalls.into_iter().map(named));
    all.failures.extend(failures);
    all.promises.extend(promises);
    all.faults.extend(faults);
    all.rows.extend(rows);
    all.recovery.extend(recovery);
    all.overlaps.extend(overlaps);
    for member in readiness {
        let known = |one: &super::Readiness| one.workload == member.workload && one.pod == member.pod;
        if !all.readiness.iter().any(known) {
            all.readiness.push(member);
        }
    }
    add_new(&mut all.warnings, warnings);
    // Times since the run began: each share began by itself, so they are told one after the other.
    let offset = all.share.total_us;
    all.roles.extend(roles.into_iter().map(|mut span| {
        span.from_us += offset;
        span.until_us = Some(offset + span.until_us.unwrap_or(share.total_us));
        span
    }));
    all.share.total_us += share.total_us;
    all.share.waited_us += share.waited_us;
    add_new(&mut all.not_proven, not_proven);
    let cluster = format!(
        "shard {shard} of {} ran on {} cluster {}, Kubernetes {}",
        suite.of, facts.cluster.provider, facts.cluster.name, facts.cluster.kubernetes
    );
    if all.facts.workloads.is_empty() {
        all.facts.version = facts.version;
        all.facts.cluster = facts.cluster;
        all.facts.workloads = facts.workloads;
        all.facts.left_out = facts.left_out;
        // What another share has done was not left out.
        all.facts.left_out.retain(|left_out| {
            let mut done = suite.suite.iter();
            !done.any(|one| {
                *one.drill.workload == left_out.workload && one.drill.drill == left_out.left_out.drill
            })
        });
    }
    add_new(&mut all.facts.servers, facts.servers);
    add_new(&mut all.facts.notes, facts.notes);
    all.facts.notes.push(cluster);
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// What is deployed, wherever its files lie.
fn workloads(history: &History) -> Vec<Workload> {
    let workloads = history.plans().iter().map(|plan| Workload {
        declared_at: String::new(),
        ..plan.workload.clone()
    });
    workloads.collect()
}

/// The history with another name for the run's own namespace, wherever it stands: in names, addresses, evidence.
fn renamed(history: &History, namespace: &str, position: usize) -> Result<History, MergeError> {
    let own = history.sharded().ok_or(MergeError::NoShard { position })?;
    if own.namespace == namespace {
        return Ok(history.clone());
    }
    let unusable = |cause: HistoryError| MergeError::Unusable {
        position,
        cause: cause.to_string(),
    };
    let lines = history.to_json_lines().map_err(unusable)?;
    let mut renamed = String::new();
    for (line, number) in lines.lines().zip(1..) {
        let bad = |cause: serde_json::Error| {
            unusable(HistoryError::BadLine {
                line: number,
                cause: cause.to_string(),
            })
        };
        let mut record: Value = serde_json::from_str(line).map_err(bad)?;
        rename(&mut record, &own.namespace, namespace);
        renamed.push_str(&record.to_string());
        renamed.push('\n');
    }
    let renamed = History::parse(&renamed).map_err(unusable)?;
    Ok(History {
        cut_off: history.cut_off,
        ..renamed
    })
}

/// Renames in every text of a record; its keys are no names of namespaces.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = with_label(text, from, to),
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with another label wherever this one stands whole: `shop` is no part of `shop-db`.
fn with_label(text: &str, from: &str, to: &str) -> String {
    let of_a_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '_');
    let mut renamed = String::with_capacity(text.len());
    let mut copied = 0;
    for (place, _) in text.match_indices(from) {
        let after = place + from.len();
        let whole = !text[..place].ends_with(of_a_name) && !text[after..].starts_with(of_a_name);
        if whole {
            renamed.push_str(&text[copied..place]);
            renamed.push_str(to);
            copied = after;
        }
    }
    renamed.push_str(&text[copied..]);
    renamed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::rename;

    #[test]
    fn a_namespace_is_renamed_in_texts_where_it_stands_whole() {
        let mut record = json!({
            "shop": 1,
            "workload": {"namespace": "shop", "name": "shop-db"},
            "names": ["shop-db-0.shop-db.shop.svc.cluster.local", "shop_directory", "shop/shop-db", "eshop"],
        });
        rename(&mut record, "shop", "run-1");
        let expected = json!({
            "shop": 1,
            "workload": {"namespace": "run-1", "name": "shop-db"},
            "names": ["shop-db-0.shop-db.run-1.svc.cluster.local", "shop_directory", "run-1/shop-db", "eshop"],
        });
        assert_eq!(record, expected);
    }
}
