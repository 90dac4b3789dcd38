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

#[cfg(test)]
mod tests {
    use crate::cluster::Objects;
    use crate::cluster::cause::sample::{cause, has, object, pending_pod, said, say};
    use crate::history::{ClaimState, ClusterEvent, ObjectState, VolumeState};

    #[test]
    fn a_missing_class_is_named_in_the_claims_own_words() {
        let mut objects = pending_pod("ContainerCreating", 0);
        let claim = object("PersistentVolumeClaim", "data-postgres-0");
        let state = ClaimState {
            phase: "Pending".into(),
            ..Default::default()
        };
        objects.observe(&claim, &ObjectState::Claim(Box::new(state)));
        assert!(!cause(&objects).hopeless);
        let event = ClusterEvent {
            about_kind: "PersistentVolumeClaim".into(),
            about_name: claim.name.clone(),
            about_uid: claim.uid.clone(),
            severity: "Warning".into(),
            reason: "ProvisioningFailed".into(),
            message: "storageclass.storage.k8s.io \"no-such-class\" not found".into(),
            ..Default::default()
        };
        objects.observe(&object("Event", "e"), &ObjectState::Event(Box::new(event)));
        let cause = cause(&objects);
        assert!(cause.hopeless);
        assert_eq!(
            cause.chain,
            [
                "PersistentVolumeClaim data-postgres-0 is Pending",
                "PersistentVolumeClaim data-postgres-0: ProvisioningFailed: storageclass.storage.k8s.io \
                 \"no-such-class\" not found"
            ]
        );
    }

    fn pending_claim(class: &str) -> Objects {
        let mut objects = pending_pod("ContainerCreating", 0);
        let state = ClaimState {
            phase: "Pending".into(),
            storage_class: Some(class.into()),
            ..Default::default()
        };
        objects.observe(
            &object("PersistentVolumeClaim", "data-postgres-0"),
            &ObjectState::Claim(Box::new(state)),
        );
        objects
    }

    fn volume(objects: &mut Objects, class: &str, claim: Option<&str>) {
        let state = VolumeState {
            phase: "Available".into(),
            storage_class: Some(class.into()),
            claim_uid: claim.map(str::to_owned),
            ..VolumeState::default()
        };
        objects.observe(
            &object("PersistentVolume", "pv"),
            &ObjectState::Volume(Box::new(state)),
        );
    }

    #[test]
    fn a_class_that_only_names_volumes_is_hopeless_when_the_last_is_taken() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let missing = "storageclass.storage.k8s.io \"by-hand\" not found";
        for (claim, hopeless) in [
            (None, false),
            (Some("uid-data-postgres-0"), false),
            (Some("another"), true),
        ] {
            let mut objects = pending_claim("by-hand");
            said(&mut objects, &about, "ProvisioningFailed", missing);
            volume(&mut objects, "by-hand", claim);
            assert_eq!(cause(&objects).hopeless, hopeless, "{claim:?}");
        }
    }

    #[test]
    fn no_volume_that_fits_is_hopeless_when_it_was_looked_for_again() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let none = "no persistent volumes available for this claim and no storage class is set";
        for (repeated, hopeless) in [(0, false), (2, false), (3, true)] {
            let mut objects = pending_claim("");
            say(&mut objects, &about, "Normal", "FailedBinding", none, repeated);
            has(&cause(&objects), none);
            assert_eq!(cause(&objects).hopeless, hopeless, "{repeated}");
        }
    }

    #[test]
    fn a_mode_that_the_provisioner_refuses_is_hopeless() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let mut objects = pending_claim("standard");
        let refused = "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes";
        said(&mut objects, &about, "ProvisioningFailed", refused);
        assert!(cause(&objects).hopeless);
        let mut objects = pending_claim("standard");
        said(
            &mut objects,
            &about,
            "ProvisioningFailed",
            "create process timeout after 120 seconds",
        );
        assert!(!cause(&objects).hopeless);
    }
}
