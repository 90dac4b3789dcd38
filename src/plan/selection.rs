use thiserror::Error;

use super::{Drill, End, Promise, Rounds, Sign};
use crate::workload::{Change, Workload};

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The drills; empty stands for those that are run unasked.
    pub drills: Vec<Drill>,
    /// Drills that are left out.
    pub skip: Vec<Drill>,
    /// Only what is promised of these; empty stands for every promise. A drill that promises none of them is left out.
    pub only: Vec<Promise>,
    /// The end that the set is expected to come to. Where one is named, nothing else is done.
    pub ends: Vec<End>,
    /// What another set makes of the workload. Where one is to be gone over to, nothing else is done.
    pub upgrade: Option<Change>,
    /// Whether the nodes are out of reach but through the API server, as on a cluster of others.
    pub without_nodes: bool,
    /// How often, and in which order; none stands for once, in the usual one.
    pub rounds: Option<Rounds>,
}

impl Selection {
    /// Only these drills.
    #[must_use]
    pub fn of(drills: &[Drill]) -> Self {
        Self {
            drills: drills.to_vec(),
            ..Self::default()
        }
    }

    /// Whether a drill was named.
    #[must_use]
    pub fn names(&self, drill: Drill) -> bool {
        self.drills.contains(&drill)
    }

    /// Whether the named ends can prove something of these workloads.
    ///
    /// # Errors
    /// [`UnusableEnds`] when one is about no object of theirs, or when all ends of a workload are phases: a pod is
    /// Pending on its way up too, and Running on its way down.
    pub fn check(&self, workloads: &[Workload]) -> Result<(), UnusableEnds> {
        for end in &self.ends {
            if !workloads.iter().any(|workload| end.belongs_to(workload)) {
                let known = workloads.iter().map(|workload| workload.id().to_string());
                return Err(UnusableEnds::Foreign {
                    end: end.to_string(),
                    known: known.collect::<Vec<_>>().join(", "),
                });
            }
        }
        for workload in workloads {
            let mut ends = self.ends_of(workload).peekable();
            if ends.peek().is_some() && ends.all(|end| end.sign == Sign::Phase) {
                return Err(UnusableEnds::Vague {
                    workload: workload.id().to_string(),
                });
            }
        }
        Ok(())
    }

    /// The named ends that are about this workload.
    pub fn ends_of<'s>(&'s self, workload: &'s Workload) -> impl Iterator<Item = &'s End> {
        self.ends.iter().filter(|end| end.belongs_to(workload))
    }
}

/// Named ends that can prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusableEnds {
    /// An end about something that is not in the set.
    #[error("`{end}` is about no StatefulSet, pod or claim of the set, which has {known}")]
    Foreign {
        /// The end.
        end: String,
        /// The workloads that there are.
        known: String,
    },
    /// Nothing but phases.
    #[error(
        "the named end of {workload} is not specific: a pod has every phase on its way up too; name an event, or why a \
         container waits or ended, as well"
    )]
    Vague {
        /// The workload.
        workload: String,
    },
}
