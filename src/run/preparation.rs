use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::foreseen::linted;
use super::{RunError, Verification};
use crate::config::{WorkloadTable, named_namespace};
use crate::history::{DrillId, Event, Sharded, SuiteDrill};
use crate::manifest::{ManifestSet, Secrets};
use crate::plan::{End, Plan, Rounds, Selection, Shard};
use crate::vantage::DEFAULT_IMAGE;
use crate::workload::{Discovered, LeftAlone, Password, Workload, outline, survey};

/// How long a member may take to become Ready and its server to accept a session, where nothing else is said.
const DEADLINE: Duration = Duration::from_mins(3);

/// What is known before anything is touched.
pub(super) struct Prepared {
    pub(super) set: ManifestSet,
    /// What lint found in it.
    pub(super) linted: Event,
    pub(super) discovered: Vec<Discovered>,
    pub(super) plans: Vec<Plan>,
    /// Which share of the drills these are.
    pub(super) sharded: Option<Sharded>,
    /// What a reader should know of how the set was prepared.
    pub(super) notes: Vec<String>,
    pub(super) left_alone: Vec<LeftAlone>,
    /// Whether the set is expected to fail.
    pub(super) ends: bool,
    /// What was asked for of each plan's workload.
    pub(super) selections: Vec<Selection>,
    /// What tells this run from any other.
    pub(super) run: String,
    /// Where the vantage is, and what names no namespace.
    pub(super) run_namespace: String,
}

/// What would be done, and what would be left alone.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// A plan a workload.
    pub plans: Vec<Plan>,
    /// What runs pods, or has some operator run them, and is not verified.
    pub left_alone: Vec<LeftAlone>,
    /// What else is to be known before a run, a sentence each.
    pub notes: Vec<String>,
}

/// The plans as a person reads them, then the rest.
impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, plan) in self.plans.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{plan}")?;
        }
        if !self.left_alone.is_empty() {
            writeln!(f, "\nleft alone")?;
        }
        for left_alone in &self.left_alone {
            writeln!(f, "  {left_alone}")?;
        }
        for (position, note) in self.notes.iter().enumerate() {
            writeln!(f, "{}note: {note}", if position == 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl Verification {
    pub(super) fn prepare(&self) -> Result<Prepared, RunError> {
        let config = self.config.as_deref();
        let (set, mut notes) = self.rewritten(ManifestSet::read(&self.inputs)?);
        let run = format!("stateproof-{}", run_id());
        let named = self.wanted.context().and_then(|spec| spec.namespace.clone());
        let run_namespace = named.unwrap_or_else(|| run.clone());
        let ends = self.ends();
        let (mut discovered, left_alone) = if ends.is_empty() {
            let declarations = config
                .map(|config| config.declarations().clone())
                .unwrap_or_default();
            let survey = survey(&set, &run_namespace, &declarations)?;
            (survey.found, survey.left_alone)
        } else {
            (outline(&set, &run_namespace)?, Vec::new())
        };
        // Of a set that is to fail no more than its StatefulSets is looked at.
        if let Some(config) = config.filter(|_| ends.is_empty()) {
            let workloads: Vec<_> = discovered.iter().map(|found| &found.workload).collect();
            config.check(&workloads, &run_namespace)?;
        }
        expect_ends_of(&ends, &mut discovered)?;
        let selections: Vec<_> = discovered
            .iter()
            .map(|found| self.selection_of(&found.workload, &run_namespace, &ends))
            .collect();
        let chosen = discovered.iter().zip(&selections);
        let plans = chosen.map(|(found, selection)| Plan::new(found.workload.clone(), selection));
        let plans: Vec<Plan> = plans.collect();
        let (plans, sharded) = match self.shard {
            Some(shard) => Self::share(shard, plans, &run_namespace)?,
            None => (plans, None),
        };
        let out_of_reach = left_alone.iter().filter(|object| object.out_of_reach);
        notes.extend(out_of_reach.map(|object| format!("not verified: {object}")));
        Ok(Prepared {
            linted: linted(&set, &run_namespace),
            set,
            discovered,
            plans,
            sharded,
            notes,
            left_alone,
            ends: !ends.is_empty(),
            selections,
            run,
            run_namespace,
        })
    }

    /// One share of the drills, and whose the others are.
    fn share(
        shard: Shard,
        plans: Vec<Plan>,
        run_namespace: &str,
    ) -> Result<(Vec<Plan>, Option<Sharded>), RunError> {
        let suite = shard.assign(&plans);
        let drills = suite.len();
        if !suite.iter().any(|one| one.shard == shard.index()) {
            return Err(RunError::EmptyShard { shard, drills });
        }
        let suite = suite.into_iter().map(|one| SuiteDrill {
            drill: DrillId {
                workload: one.workload,
                drill: one.drill,
                round: 0,
            },
            shard: one.shard,
        });
        let sharded = Sharded {
            index: shard.index(),
            of: shard.of(),
            namespace: run_namespace.to_owned(),
            suite: suite.collect(),
        };
        Ok((shard.take(plans), Some(sharded)))
    }

    /// The set as it is to run: with other images and Secrets to pull them with, where somebody asks for that.
    fn rewritten(&self, set: ManifestSet) -> (ManifestSet, Vec<String>) {
        let Some(config) = &self.config else {
            return set.with_images(&self.image_overrides);
        };
        let mut overrides = config.image_overrides.clone();
        overrides.extend(self.image_overrides.clone());
        let (set, notes) = set.with_images(&overrides);
        (set.with_pull_secrets(&config.image_pull_secrets), notes)
    }

    /// The ends that are named: on the command line, else in the configuration.
    fn ends(&self) -> Vec<End> {
        match &self.config {
            Some(config) if self.selection.ends.is_empty() && self.selection.drills.is_empty() => {
                let tables = config.workload.values().flat_map(|table| &table.expect_failure);
                config.expect_failure.iter().chain(tables).cloned().collect()
            }
            _ => self.selection.ends.clone(),
        }
    }

    /// What is asked for of a workload: on the command line, else in its own table, else at the configuration's top.
    fn selection_of(&self, workload: &Workload, run_namespace: &str, ends: &[End]) -> Selection {
        let table = self.table(workload, run_namespace);
        let config = self.config.as_deref();
        Selection {
            drills: first(&[
                Some(&self.selection.drills),
                table.map(|table| &table.drills),
                config.map(|config| &config.drills),
            ]),
            skip: first(&[
                Some(&self.selection.skip),
                table.map(|table| &table.skip),
                config.map(|config| &config.skip),
            ]),
            only: first(&[
                Some(&self.selection.only),
                table.map(|table| &table.only),
                config.map(|config| &config.only),
            ]),
            ends: ends.to_vec(),
            without_nodes: self.wanted.context().is_some(),
            rounds: Rounds::asked(self.repeat, self.duration, self.seed),
        }
    }

    fn table(&self, workload: &Workload, run_namespace: &str) -> Option<&WorkloadTable> {
        let namespace = named_namespace(workload, run_namespace);
        self.config.as_ref()?.table(namespace, &workload.name)
    }

    /// How long one of a workload's members may take.
    pub(super) fn deadline_of(&self, workload: &Workload, run_namespace: &str) -> Duration {
        let table = self
            .table(workload, run_namespace)
            .and_then(|table| table.deadline);
        self.deadline.or(table).unwrap_or_else(|| self.any_deadline())
    }

    /// How long anything may take of which nothing else is said.
    pub(super) fn any_deadline(&self) -> Duration {
        let config = self.config.as_ref().and_then(|config| config.deadline);
        self.deadline.or(config).unwrap_or(DEADLINE)
    }

    pub(super) fn vantage_image_used(&self) -> &str {
        let config = self
            .config
            .as_ref()
            .and_then(|config| config.vantage_image.as_deref());
        self.vantage_image.as_deref().or(config).unwrap_or(DEFAULT_IMAGE)
    }

    pub(super) fn initiates(&self) -> bool {
        let config = self
            .config
            .as_ref()
            .and_then(|config| config.initiate_replica_set);
        self.initiate_replica_set || config == Some(true)
    }

    /// Storage classes to make as aliases.
    pub(super) fn aliases(&self) -> BTreeMap<String, String> {
        let config = self.config.as_ref();
        let mut aliases = config
            .map(|config| config.storage_classes.clone())
            .unwrap_or_default();
        aliases.extend(self.storage_classes.clone());
        aliases
    }

    /// What no output may show: what the set keeps secret, and what the configuration does.
    pub(super) fn secrets(&self, set: &ManifestSet) -> Secrets {
        let passwords = self.config.iter().flat_map(|config| config.passwords());
        Secrets::of(set).and(passwords.map(Password::reveal))
    }
}

/// Where ends are named, what none of them is about is applied and left alone.
fn expect_ends_of(ends: &[End], discovered: &mut Vec<Discovered>) -> Result<(), RunError> {
    if ends.is_empty() {
        return Ok(());
    }
    let selection = Selection {
        ends: ends.to_vec(),
        ..Selection::default()
    };
    let workloads: Vec<_> = discovered.iter().map(|found| found.workload.clone()).collect();
    selection.check(&workloads)?;
    discovered.retain(|found| selection.ends_of(&found.workload).next().is_some());
    Ok(())
}

/// The first that says anything.
fn first<T: Clone>(lists: &[Option<&Vec<T>>]) -> Vec<T> {
    let mut lists = lists.iter().flatten();
    lists
        .find(|list| !list.is_empty())
        .map(|list| (*list).clone())
        .unwrap_or_default()
}

/// Tells this run's namespace from any other's: the time in milliseconds and the process.
pub(super) fn run_id() -> String {
    format!("{:x}-{:x}", Timestamp::now().as_millisecond(), std::process::id())
}
