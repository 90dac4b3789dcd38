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
}

impl Lease {
    /// The use by this process, which lasts this long from now.
    pub(super) fn new(duration: Duration) -> Self {
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let expires = Timestamp::now().checked_add(duration).unwrap_or(Timestamp::MAX);
        Self {
            owner: Process::current(),
            expires,
        }
    }

    /// Whether it still counts.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires > now || self.owner.is_alive()
    }
}

/// Adds a lease; one process has one, the one that lasts longest. Those that no longer count go.
pub(super) fn renew(leases: &mut Vec<Lease>, lease: Lease) {
    let own = leases
        .iter()
        .filter(|old| old.owner == lease.owner)
        .map(|old| old.expires)
        .max();
    let now = Timestamp::now();
    leases.retain(|old| old.owner != lease.owner && old.holds(now));
    leases.push(Lease {
        expires: own.map_or(lease.expires, |own| own.max(lease.expires)),
        ..lease
    });
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
        let holds = |owner, expires| Lease { owner, expires }.holds(now);
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
            },
        ];
        renew(&mut leases, Lease::new(Duration::ZERO));
        assert_eq!(leases, [long]);
    }

    #[test]
    fn a_lease_may_last_for_ever() {
        assert_eq!(Lease::new(Duration::MAX).expires, Timestamp::MAX);
    }
}
