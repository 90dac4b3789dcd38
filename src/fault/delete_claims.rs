use super::{Aim, FaultError};
use crate::cluster::Objects;
use crate::history::Fault;
use crate::workload::{Member, Workload};

/// Delete a member's claims by name. Volumes with reclaim policy `Delete` go with them; with `Retain` they stay, and
/// nothing waits for them (Kubernetes, "Persistent Volumes", "Reclaiming").
///
/// # Errors
/// [`FaultError::NoTarget`] when none of the claims exists.
pub fn delete_claims(objects: &Objects, workload: &Workload, member: &Member) -> Result<Aim, FaultError> {
    let fault = Fault::DeleteClaims;
    let (mut claims, mut volumes) = (Vec::new(), Vec::new());
    for (claim, state) in member
        .claims
        .iter()
        .filter_map(|name| objects.claim(&workload.namespace, name))
    {
        claims.push(claim.clone());
        let volume = state.volume.as_ref().and_then(|name| objects.volume(name));
        volumes.extend(
            volume
                .filter(|(_, state)| state.reclaim_policy == "Delete")
                .map(|(volume, _)| volume.clone()),
        );
    }
    if claims.is_empty() {
        return Err(FaultError::NoTarget {
            fault,
            object: format!("PersistentVolumeClaim of Pod {}", member.pod),
        });
    }
    let until_gone = claims.iter().chain(&volumes).cloned().collect();
    Ok(Aim {
        fault,
        targets: claims,
        until_gone,
        template: None,
    })
}
