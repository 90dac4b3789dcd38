use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::board::Board;
use super::roles::Roles;
use crate::workload::Member;

impl Roles {
    /// Has this member elected, unless it is PRIMARY already, and waits until the others follow it.
    ///
    /// A set may hold elections of its own at any time, above all right after one: whoever was PRIMARY a moment ago may be
    /// so no longer. Who is now is told to step down then.
    ///
    /// # Errors
    /// [`RunError::Unsettled`] with what the members say of it; [`RunError::Session`] when one refuses.
    pub async fn elect(&self, wanted: &Member, deadline: Duration) -> Result<(), RunError> {
        let end = Instant::now() + deadline;
        loop {
            let left = || end.saturating_duration_since(Instant::now());
            self.settled(self.workload.replicas, left()).await?;
            // Before it is asked who is PRIMARY: what changes from now on is news.
            let board = self.board.borrow().clone();
            match self.primary() {
                Some(primary) if primary.pod == wanted.pod => return Ok(()),
                Some(primary) => self.make_way(&primary, wanted, &board, left()).await?,
                None => {}
            }
        }
    }

    /// Has the PRIMARY step down, and waits for the election after it, or for the one that came before: nobody but the
    /// wanted one may stand meanwhile.
    async fn make_way(
        &self,
        primary: &Member,
        wanted: &Member,
        before: &Board,
        left: Duration,
    ) -> Result<(), RunError> {
        let others = || self.workload.members().filter(|member| member.pod != wanted.pod);
        let elected = async {
            for member in others().filter(|member| member.pod != primary.pod) {
                self.server(&member).await?.freeze(true).await?;
            }
            self.server(primary).await?.step_down().await?;
            let awaited = format!("another PRIMARY than {}", primary.pod);
            self.until(&awaited, left, |board| board != before).await?;
            self.settled(self.workload.replicas, left).await
        };
        let mut done = elected.await;
        // Whatever came of it, and the one that stepped down too.
        for member in others() {
            done = done.and(self.thaw(&member).await);
        }
        done
    }

    /// Lets a member stand for election again, at once.
    ///
    /// # Errors
    /// [`RunError::Session`] when it refuses or is gone.
    pub async fn thaw(&self, member: &Member) -> Result<(), RunError> {
        self.server(member).await?.freeze(false).await?;
        Ok(())
    }
}
