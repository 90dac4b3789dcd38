use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::lock::FileLock;
use super::{Cluster, ProviderError};
use crate::workload::Demand;

/// A share of this machine, held until it is dropped or its process ends.
///
/// All nodes of a kind or k3d cluster are one machine, whatever each of them tells the scheduler: a database whose
/// neighbours take its processor fails its probes, and its times are theirs.
#[derive(Debug)]
pub struct Share {
    _units: Vec<FileLock>,
}

/// A unit of processor time, in thousandths of a processor. The machine has as many units as it shares out of these;
/// memory is shared out in as many parts, whatever it comes to a part.
const UNIT_MILLIS: u64 = 125;

/// How often the machine's processors are shared out: a pod seldom takes what it asks for, and shared out once they were
/// idle for more than a third of the time (docs/adr/0006).
const SHARED_OUT: u64 = 2;

/// What a control plane takes by itself.
const CONTROL_PLANE: Demand = Demand {
    cpu_millis: 500,
    memory_mib: 1024,
};

impl Cluster {
    /// Waits until this much of the machine is free of other runs, of this process or another, and keeps it from
    /// them. What asks for more than there is gets all of it, and runs alone. One that is `urgent` goes before those
    /// that are not.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be made.
    pub async fn share(&self, demand: Demand, urgent: bool) -> Result<Share, ProviderError> {
        let directory = self.journal().state().join("means");
        fs::create_dir_all(&directory).map_err(|source| ProviderError::State {
            action: "creating",
            path: directory.clone(),
            source,
        })?;
        let there = there();
        take(&directory, units_of(demand, there), units_in(there), urgent).await
    }
}

async fn take(directory: &Path, wanted: u64, there: u64, urgent: bool) -> Result<Share, ProviderError> {
    let path = |unit: u64| -> PathBuf { directory.join(format!("{unit}.lock")) };
    // One at a time: of two that each hold half of what they want, neither would come to an end.
    let turn = turn(directory, urgent).await?;
    let wanted = wanted.min(there);
    let mut units = Vec::new();
    let mut busy = Vec::new();
    for unit in 0..there {
        if units.len() as u64 == wanted {
            break;
        }
        match FileLock::try_acquire(&path(unit))? {
            Some(lock) => units.push(lock),
            None => busy.push(unit),
        }
    }
    let busy: Vec<_> = busy.into_iter().map(path).collect();
    // Whichever is free first, or the longest run that there is would keep all the others waiting.
    let mut freed: FuturesUnordered<_> = busy
        .iter()
        .map(|path| FileLock::acquire(path, "this machine"))
        .collect();
    while (units.len() as u64) < wanted
        && let Some(unit) = freed.next().await
    {
        units.push(unit?);
    }
    drop(turn);
    Ok(Share { _units: units })
}

/// Waits for the turn to take units: those that are urgent before the others, each in the order in which they came.
async fn turn(directory: &Path, urgent: bool) -> Result<Turn, ProviderError> {
    let (path, before) = (directory.join("turn.lock"), directory.join("urgent.lock"));
    let what = "the machine's means";
    if urgent {
        return Ok(Turn {
            _urgent: Some(FileLock::acquire(&before, what).await?),
            _turn: FileLock::acquire(&path, what).await?,
        });
    }
    loop {
        let turn = FileLock::acquire(&path, what).await?;
        if FileLock::try_acquire(&before)?.is_some() {
            return Ok(Turn {
                _urgent: None,
                _turn: turn,
            });
        }
        // To the end of the queue, in which the urgent one is.
        drop(turn);
    }
}

/// The turn to take units, until it is dropped.
struct Turn {
    _urgent: Option<FileLock>,
    _turn: FileLock,
}

/// The larger of its shares of processor and memory counts.
fn units_of(demand: Demand, there: Demand) -> u64 {
    let units = units_in(there);
    let share = |asked: u64, there: u64| asked.saturating_mul(units).div_ceil(there.max(1));
    let cpu = share(demand.cpu_millis, there.cpu_millis);
    let memory = share(demand.memory_mib, there.memory_mib);
    cpu.max(memory).max(1)
}

fn units_in(there: Demand) -> u64 {
    (there.cpu_millis / UNIT_MILLIS).max(1)
}

/// What this machine has for all runs.
fn there() -> Demand {
    let cpu_millis = available_parallelism().map_or(1, |count| count.get() as u64) * 1000;
    Demand {
        cpu_millis: cpu_millis.saturating_sub(CONTROL_PLANE.cpu_millis) * SHARED_OUT,
        memory_mib: memory_mib().map_or(u64::MAX, |memory| memory.saturating_sub(CONTROL_PLANE.memory_mib)),
    }
}

/// Where the kernel does not say, the processors alone decide.
fn memory_mib() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_larger_share_decides() {
        let demand = |cpu_millis, memory_mib| Demand {
            cpu_millis,
            memory_mib,
        };
        let units = |cpu_millis, memory_mib| units_of(demand(cpu_millis, memory_mib), demand(1500, 6000));
        assert_eq!(units(0, 0), 1);
        assert_eq!(units(126, 10), 2);
        assert_eq!(units(100, 1001), 3);
        assert_eq!(units(100, 900), 2);
        assert_eq!(units_of(demand(250, 4096), demand(1500, u64::MAX)), 2);
    }

    #[tokio::test]
    async fn the_third_waits_until_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path(), 2, 4, false).await.unwrap();
        let _second = take(dir.path(), 2, 4, false).await.unwrap();
        let third = tokio::spawn({
            let dir = dir.path().to_owned();
            async move { take(&dir, 1, 4, false).await.unwrap() }
        });
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        drop(first);
        third.await.unwrap();
    }

    #[tokio::test]
    async fn whichever_is_free_first_will_do() {
        let dir = tempfile::tempdir().unwrap();
        let _long = take(dir.path(), 2, 4, false).await.unwrap();
        let short = take(dir.path(), 2, 4, false).await.unwrap();
        let third = tokio::spawn({
            let dir = dir.path().to_owned();
            async move { take(&dir, 2, 4, false).await.unwrap() }
        });
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        drop(short);
        third.await.unwrap();
    }

    #[tokio::test]
    async fn who_is_urgent_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let all = take(dir.path(), 1, 1, false).await.unwrap();
        let (order, mut came) = tokio::sync::mpsc::unbounded_channel();
        let mut waiting = Vec::new();
        for (name, urgent) in [("first", false), ("second", false), ("urgent", true)] {
            let (dir, order) = (dir.path().to_owned(), order.clone());
            waiting.push(tokio::spawn(async move {
                let _share = take(&dir, 1, 1, urgent).await.unwrap();
                order.send(name).unwrap();
            }));
            // Until it stands in the queue.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        drop(all);
        // The first had its turn already, and waited for the machine itself.
        for name in ["first", "urgent", "second"] {
            assert_eq!(came.recv().await, Some(name));
        }
    }

    #[tokio::test]
    async fn what_is_larger_than_the_machine_gets_all_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let _all = take(dir.path(), 9, 2, false).await.unwrap();
        for unit in 0..2 {
            let path = dir.path().join(format!("{unit}.lock"));
            assert!(FileLock::try_acquire(&path).unwrap().is_none());
        }
    }
}
