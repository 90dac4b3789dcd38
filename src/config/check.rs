use std::time::Duration;

use super::fault::suggestion;
use super::{Config, ConfigProblem, WorkloadTable};
use crate::manifest::{Problem, Problems};
use crate::workload::{LeftAlone, WorkloadId, spellings};

impl Config {
    /// The table of a workload, by whatever its namespace may be called in a file.
    pub(crate) fn table_of(&self, workload: &WorkloadId, run_namespace: &str) -> Option<&WorkloadTable> {
        spellings(&workload.namespace, run_namespace).find_map(|name| self.table(name, &workload.name))
    }

    /// How long one of a workload's members may take: by its own table, else by what stands at the top.
    pub(crate) fn deadline_of(&self, workload: &WorkloadId, run_namespace: &str) -> Option<Duration> {
        let table = self.table_of(workload, run_namespace);
        table.and_then(|table| table.deadline).or(self.deadline)
    }

    /// Checks that every table of a workload is one of these, or of what is left alone because it says so: a typo in a
    /// name would leave the table unread.
    ///
    /// # Errors
    /// With the table's place, and the name that was probably meant, or why the workload is left alone.
    pub fn check(
        &self,
        workloads: &[WorkloadId],
        left_alone: &[LeftAlone],
        run_namespace: &str,
    ) -> Result<(), Problems> {
        let is = |key: &str, id: &WorkloadId| {
            spellings(&id.namespace, run_namespace).any(|namespace| key == format!("{namespace}/{}", id.name))
        };
        let unread = self.workload.iter().filter_map(|(key, table)| {
            let key = key.get_ref();
            if workloads.iter().any(|id| is(key, id)) {
                return None;
            }
            let ignored = left_alone.iter().find(|object| is(key, &object.id));
            let (problem, label) = match ignored {
                Some(_) if table.engine.as_deref() == Some("none") => return None,
                Some(object) => (left(key, object), "this table is not read"),
                None => (
                    stranger(key, workloads, left_alone, run_namespace),
                    "this table is of no workload",
                ),
            };
            Some(match self.read.places.get(key) {
                Some(place) => problem.at(place.clone(), label),
                None => problem,
            })
        });
        Problems::check(unread.collect())
    }
}

fn left(key: &str, object: &LeftAlone) -> Problem {
    Problem::new(ConfigProblem::LeftAlone {
        workload: key.to_owned(),
        reason: object.reason.clone(),
    })
}

fn stranger(key: &str, workloads: &[WorkloadId], left_alone: &[LeftAlone], run_namespace: &str) -> Problem {
    // As whoever writes the file would write them.
    let written = |id: &WorkloadId| {
        let namespace = spellings(&id.namespace, run_namespace).last();
        format!("{}/{}", namespace.unwrap_or(&id.namespace), id.name)
    };
    let known: Vec<String> = workloads.iter().map(written).collect();
    // However they may be written: of what runs in a namespace, its own name is what comes to mind.
    let ids = workloads.iter().chain(left_alone.iter().map(|object| &object.id));
    let near = ids.flat_map(|id| {
        let namespaces = spellings(&id.namespace, run_namespace);
        namespaces.map(|namespace| format!("{namespace}/{}", id.name))
    });
    let near: Vec<String> = near.collect();
    Problem::new(ConfigProblem::NoWorkload {
        workload: key.to_owned(),
        suggestion: suggestion(key, near.iter().map(String::as_str)),
        known: if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        },
    })
}
