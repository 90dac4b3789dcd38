use super::RunError;
use super::drill::Run;
use super::fault::REMOVAL_DEADLINE;
use crate::cluster::{Objects, claims_settled};
use crate::history::Event;

impl Run<'_> {
    /// Records the claims of all members and their volumes, once none of them is about to go.
    pub(super) async fn inspect_claims(&self) -> Result<(), RunError> {
        let namespace = &self.workload.namespace;
        let mut names: Vec<_> = self.workload.members().flat_map(|member| member.claims).collect();
        names.dedup();
        let check = |objects: &Objects| claims_settled(objects, namespace, &names);
        let wait = self
            .bench
            .watches
            .until("claims", "settled", REMOVAL_DEADLINE, check);
        wait.await?;
        let (claims, volumes) = self.look(|objects| {
            let found: Vec<_> = names
                .iter()
                .filter_map(|name| objects.claim(namespace, name))
                .collect();
            let volumes = found
                .iter()
                .filter_map(|(_, state)| objects.volume(state.volume.as_deref()?))
                .map(|(object, state)| (object.clone(), state.clone()))
                .collect();
            let claims = found
                .into_iter()
                .map(|(object, state)| (object.clone(), state.clone()))
                .collect();
            (claims, volumes)
        });
        self.record(Event::ClaimsInspected {
            drill: self.ledger.drill.clone(),
            claims,
            volumes,
        })
    }
}
