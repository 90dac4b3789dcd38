use super::Cause;
use super::chain::words;
use super::missing::stays_missing;
use crate::cluster::Objects;
use crate::history::{ClaimState, ClusterEvent, ObjectRef};

/// After as many refusals to bind a claim it is not a volume that has just been made: the controller looks again every
/// 15 s (kube-controller-manager, `--pvclaimbinder-sync-period`).
const HOPELESS_BINDINGS: u32 = 3;

/// What a claim says of why it is not bound.
pub(super) fn claim_cause(cause: &mut Cause, objects: &Objects, namespace: &str, name: &str) {
    let Some((object, state)) = objects.claim(namespace, name) else {
        return;
    };
    if state.phase == "Bound" {
        return;
    }
    cause.say(format!("PersistentVolumeClaim {name} is {}", state.phase));
    let events = objects.events(&object.uid).iter();
    // That no volume fits is no warning to the controller, and neither is that nobody makes one.
    let told = |event: &&ClusterEvent| {
        event.severity == "Warning"
            || event.reason == "FailedBinding"
            || event.reason == "ExternalProvisioning"
    };
    for event in events.filter(told) {
        let message = &event.message;
        let hopeless = match event.reason.as_str() {
            "ProvisioningFailed" if refuses_mode(message) => true,
            "ProvisioningFailed" => {
                message.contains("storageclass")
                    && stays_missing(objects, None, message)
                    && !may_bind(objects, object, state)
            }
            "FailedBinding" => event.repeated >= HOPELESS_BINDINGS && !may_bind(objects, object, state),
            _ => false,
        };
        cause.say_final(
            format!("PersistentVolumeClaim {name}: {}", words(event)),
            hopeless,
        );
    }
}

/// Whether a volume of the claim's class is there that nobody else has: the controller may not have seen it yet.
fn may_bind(objects: &Objects, claim: &ObjectRef, state: &ClaimState) -> bool {
    objects.volumes().any(|volume| {
        let class = |class: &Option<String>| class.clone().unwrap_or_default();
        class(&volume.storage_class) == class(&state.storage_class)
            && volume.claim_uid.as_ref().is_none_or(|uid| *uid == claim.uid)
    })
}

/// A provisioner that cannot make a volume with these access modes says so every time.
fn refuses_mode(message: &str) -> bool {
    message.to_ascii_lowercase().contains("access mode")
}
