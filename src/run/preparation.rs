use std::borrow::Cow;

use jiff::Timestamp;
use kube::Client;

use super::foreseen::linted;
use super::{RunError, Verification};
use crate::cluster::{Application, ApplyError};
use crate::history::{DrillId, Event, Sharded, SuiteDrill};
use crate::manifest::ManifestSet;
use crate::plan::{End, Plan, Rounds, Selection, Shard};
use crate::workload::{
    Change, Credentials, Declarations, Discovered, LeftAlone, Survey, Workload, outline, survey,
};

/// What is known before anything is touched.
pub(super) struct Prepared {
    pub(super) set: ManifestSet,
    /// The one that is applied over it later.
    pub(super) next: Option<Next>,
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

/// Another set, to be applied over the first.
pub(super) struct Next {
    pub(super) set: ManifestSet,
    /// What is in it, for how to log in to its workloads.
    survey: Survey,
}

impl Prepared {
    /// Whatever is applied sooner or later.
    pub(super) fn everything(&self) -> Cow<'_, ManifestSet> {
        match &self.next {
            Some(next) => Cow::Owned(self.set.and(&next.set)),
            None => Cow::Borrowed(&self.set),
        }
    }

    /// The same with what the cluster knows of its kinds.
    pub(super) async fn application(&self, client: &Client) -> Result<Application, ApplyError> {
        let application = Application::prepare(client, &self.set, &self.run_namespace).await?;
        match &self.next {
            Some(next) => application.with_next(&next.set, &self.run_namespace).await,
            None => Ok(application),
        }
    }

    /// How to log in to a workload once the other set is applied.
    pub(super) fn next_credentials(&self, workload: &Workload) -> Option<&Credentials> {
        let mut next = self.next.iter().flat_map(|next| &next.survey.found);
        let found = next.find(|found| found.workload.id() == workload.id())?;
        Some(&found.credentials)
    }
}

impl Verification {
    pub(super) fn prepare(&self) -> Result<Prepared, RunError> {
        let config = self.config.as_deref();
        let read = ManifestSet::read(&self.inputs)?;
        let mut unfit = read.unfit(&self.overrides());
        let (set, mut notes) = self.rewritten(read);
        let run = format!("stateproof-{}", run_id());
        let named = self.wanted.context().and_then(|spec| spec.namespace.clone());
        let run_namespace = named.unwrap_or_else(|| run.clone());
        notes.extend(self.unmade_classes());
        let next = self.next(&run_namespace, &mut notes, &mut unfit)?;
        notes.extend(unfit.iter().map(|image| {
            format!("the image override of {image} fits no image of the manifests: nothing runs in its place")
        }));
        let ends = self.ends();
        let (mut discovered, left_alone) = if ends.is_empty() {
            let survey = survey(&set, &run_namespace, &self.declarations())?;
            (survey.found, survey.left_alone)
        } else {
            (outline(&set, &run_namespace)?, Vec::new())
        };
        // Of a set that is to fail no more than its StatefulSets is looked at.
        if let Some(config) = config.filter(|_| ends.is_empty()) {
            let surveys = next.iter().map(|next| &next.survey);
            let later = surveys.clone().flat_map(|survey| &survey.found);
            let workloads: Vec<_> = discovered
                .iter()
                .chain(later)
                .map(|found| found.workload.id())
                .collect();
            let aside = left_alone
                .iter()
                .chain(surveys.flat_map(|survey| &survey.left_alone));
            let aside: Vec<_> = aside.cloned().collect();
            config.check(&workloads, &aside, &run_namespace)?;
        }
        expect_ends_of(&ends, &mut discovered)?;
        let selections = discovered.iter().map(|Discovered { workload, .. }| {
            let next = next.as_ref();
            let upgrade = next.map(|next| Change::of(workload, &set, &next.set, &run_namespace));
            Selection {
                upgrade,
                ..self.selection_of(workload, &run_namespace, &ends)
            }
        });
        let selections: Vec<_> = selections.collect();
        let chosen = discovered.iter().zip(&selections);
        let plans = chosen.map(|(found, selection)| Plan::new(found.workload.clone(), selection));
        let plans: Vec<Plan> = plans.collect();
        let (plans, sharded) = match self.shard {
            Some(shard) if Rounds::asked(self.repeat, self.duration, self.seed).is_some() => {
                return Err(RunError::RepeatedShard { shard });
            }
            Some(shard) => Self::share(shard, plans, &run_namespace)?,
            None => (plans, None),
        };
        let out_of_reach = left_alone.iter().filter(|object| object.out_of_reach);
        notes.extend(out_of_reach.map(|object| format!("not verified: {object}")));
        Ok(Prepared {
            linted: linted(&set, &run_namespace),
            set,
            next,
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

    /// The set that is to be applied over the first.
    fn next(
        &self,
        run_namespace: &str,
        notes: &mut Vec<String>,
        unfit: &mut Vec<String>,
    ) -> Result<Option<Next>, RunError> {
        if self.next.is_empty() {
            return Ok(None);
        }
        let read = ManifestSet::read(&self.next)?;
        let unfit_here = read.unfit(&self.overrides());
        unfit.retain(|image| unfit_here.contains(image));
        let (set, more) = self.rewritten(read);
        notes.extend(more);
        notes.dedup();
        let survey = survey(&set, run_namespace, &self.declarations())?;
        Ok(Some(Next { set, survey }))
    }

    fn declarations(&self) -> Declarations {
        let config = self.config.as_deref();
        config
            .map(|config| config.declarations().clone())
            .unwrap_or_default()
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
                workload: one.workload.into(),
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

/// Tells this run's namespace from any other's: the time in milliseconds and the process.
pub(super) fn run_id() -> String {
    format!("{:x}-{:x}", Timestamp::now().as_millisecond(), std::process::id())
}
