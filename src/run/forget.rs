use super::RunError;
use super::drill::{Run, timed};
use crate::engine::{SessionError, Target};
use crate::history::Event;

impl Run<'_> {
    /// Takes the drill's rows off the volumes that the set itself brings and that outlive the run: nobody else empties
    /// them. They have been read for the last time, and no verdict rests on this: where it fails, a note says so.
    ///
    /// # Errors
    /// Only when the history cannot be written.
    pub(super) async fn forget_rows(&self) -> Result<(), RunError> {
        let stay = self.workload.claims.iter().any(|claim| claim.retained);
        if !stay || self.ledger.is_empty() {
            return Ok(());
        }
        let targets: Vec<_> = if self.workload.replication.is_some() {
            vec![self.target.clone()]
        } else {
            // Whichever of them a Service led to.
            let members = self.workload.members();
            members
                .map(|member| Target::member(self.workload, &member))
                .collect()
        };
        timed(self.bench.recorder, "rows taken off the volumes".to_owned(), async {
            for target in &targets {
                if let Err(error) = self.forget_at(target).await {
                    let (drill, at) = (self.ledger.drill.drill, target.name());
                    let text = format!("rows of {drill} may be left on the volume of {at}, which outlives the run: {error}");
                    self.record(Event::Note { text })?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn forget_at(&self, target: &Target) -> Result<(), SessionError> {
        let session = self.route().attempt(target).await?;
        session.forget(self.ledger.name()).await
    }
}
