use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Process;

/// The use of a cluster by a process.
///
/// Several test binaries use one cluster, one after the other, and none of them knows that it is the last. So a use
/// counts while its process lives, and beyond that until it expires: the next process finds the cluster running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who uses it.
    pub owner: Process,
    /// Until when it stays after its owner's end.
    pub expires: Timestamp,
    /// How many of its owner's runs use it now: the tests of one binary run beside each other.
    #[serde(default = "one")]
    pub uses: u32,
}

/// What an earlier version wrote is one use.
fn one() -> u32 {
    1
}

impl Lease {
    /// The use by this process, which lasts this long from now.
    pub(super) fn new(duration: Duration) -> Self {
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let expires = Timestamp::now().checked_add(duration).unwrap_or(Timestamp::MAX);
        Self {
            owner: Process::current(),
            expires,
            uses: 1,
        }
    }

    /// Whether it still counts.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires > now || self.uses > 0 && self.owner.is_alive()
    }
}

/// Adds a use; one process has one lease, the one that lasts longest. Those that no longer count go.
pub(super) fn renew(leases: &mut Vec<Lease>, lease: Lease) {
    add(leases, lease, lease.uses);
}

/// Lets this process's lease last longer, if it has one: it is not one use more.
pub(super) fn extend(leases: &mut Vec<Lease>, lease: Lease) {
    add(leases, lease, 0);
}

fn add(leases: &mut Vec<Lease>, lease: Lease, uses: u32) {
    let own = leases.iter().find(|old| old.owner == lease.owner).copied();
    let now = Timestamp::now();
    leases.retain(|old| old.owner != lease.owner && old.holds(now));
    leases.push(match own {
        Some(own) => Lease {
            expires: own.expires.max(lease.expires),
            uses: own.uses + uses,
            ..lease
        },
        None => lease,
    });
}

/// Gives one use by this process up. After its last one the lease counts no longer than it was to outlive the process.
pub(super) fn release(leases: &mut Vec<Lease>) {
    for lease in leases
        .iter_mut()
        .filter(|lease| lease.owner == Process::current())
    {
        lease.uses = lease.uses.saturating_sub(1);
    }
    let now = Timestamp::now();
    leases.retain(|lease| lease.owner != Process::current() || lease.holds(now));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This process's ID, but not its start time: such a process is dead.
    fn dead() -> Process {
        let this = Process::current();
        Process {
            started: this.started + 1,
            ..this
        }
    }

    #[test]
    fn a_lease_holds_while_its_owner_lives_or_until_it_expires() {
        let now = Timestamp::now();
        let (past, future) = (
            now - SignedDuration::from_secs(1),
            now + SignedDuration::from_secs(60),
        );
        let holds = |owner, expires| {
            let uses = 1;
            Lease { owner, expires, uses }.holds(now)
        };
        assert!(holds(Process::current(), past));
        assert!(holds(dead(), future));
        assert!(!holds(dead(), past));
    }

    #[test]
    fn renewing_keeps_the_longest_and_forgets_the_dead() {
        let long = Lease::new(Duration::from_mins(10));
        let mut leases = vec![
            long,
            Lease {
                owner: dead(),
                expires: Timestamp::UNIX_EPOCH,
                uses: 1,
            },
        ];
        renew(&mut leases, Lease::new(Duration::ZERO));
        assert_eq!(leases, [Lease { uses: 2, ..long }]);
    }

    #[test]
    fn the_first_of_two_runs_that_ends_leaves_the_other_its_cluster() {
        let now = || Timestamp::now();
        let mut leases = vec![Lease::new(Duration::ZERO)];
        renew(&mut leases, Lease::new(Duration::ZERO));
        extend(&mut leases, Lease::new(Duration::ZERO));
        release(&mut leases);
        assert!(leases.iter().any(|lease| lease.holds(now())));
        release(&mut leases);
        assert_eq!(leases, []);
    }

    #[test]
    fn a_lease_that_is_to_outlive_its_process_outlives_its_last_use() {
        let mut leases = vec![Lease::new(Duration::from_mins(10))];
        release(&mut leases);
        assert!(leases.iter().any(|lease| lease.holds(Timestamp::now())));
    }

    #[test]
    fn a_lease_may_last_for_ever() {
        assert_eq!(Lease::new(Duration::MAX).expires, Timestamp::MAX);
    }
}
