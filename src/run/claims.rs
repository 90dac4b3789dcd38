use super::RunError;
use super::drill::Run;
use super::fault::{REMOVAL_DEADLINE, named};
use crate::cluster::{Objects, Progress, claims_settled};
use crate::fault::delete_claims;
use crate::history::{Event, ObjectRef};

impl Run<'_> {
    /// Deletes the member's claims by name; what becomes of their volumes has begun when it returns.
    pub(super) async fn delete_claims(&self) -> Result<(), RunError> {
        let namespace = &self.workload.namespace;
        let bound: Vec<ObjectRef> = self.look(|objects| {
            let claims = self.member.claims.iter();
            claims
                .filter_map(|name| objects.claim(namespace, name))
                .filter_map(|(_, claim)| objects.volume(claim.volume.as_deref()?))
                .map(|(volume, _)| volume.clone())
                .collect()
        });
        self.fault(|objects| delete_claims(objects, self.workload, &self.member))
            .await?;
        let check = |objects: &Objects| {
            let still = bound
                .iter()
                .filter_map(|volume| objects.volume(&volume.name))
                .find(|(volume, state)| bound.contains(volume) && state.phase == "Bound");
            match still {
                None => Progress::Met(()),
                Some((volume, state)) => Progress::Pending {
                    last: format!("{} is {}", volume.name, state.phase),
                    causes: Vec::new(),
                },
            }
        };
        let released = self
            .bench
            .watches
            .until(named(&bound), "no longer bound", REMOVAL_DEADLINE, check);
        Ok(released.await?)
    }

    /// Records the claims of all members and their volumes, once none of them is about to go.
    pub(super) async fn inspect_claims(&self) -> Result<(), RunError> {
        let namespace = &self.workload.namespace;
        let mut names: Vec<_> = self.workload.members().flat_map(|member| member.claims).collect();
        names.dedup();
        let check = |objects: &Objects| claims_settled(objects, namespace, &names);
        let called = format!("PersistentVolumeClaims {}", names.join(", "));
        let wait = self
            .bench
            .watches
            .until(called, "settled", REMOVAL_DEADLINE, check);
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
