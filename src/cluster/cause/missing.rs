use crate::cluster::Objects;
use crate::history::ObjectRef;

/// A ConfigMap that a controller puts into every namespace, some time after the namespace is made.
const ROOT_CERTIFICATES: &str = "kube-root-ca.crt";

/// Whether something that a pod needs is missing and stays so: nobody who could make it is at work.
///
/// The controllers of Kubernetes make no Secrets, ConfigMaps and classes that somebody refers to; an operator or a job
/// may, if it has an account with rights.
pub(super) fn stays_missing(objects: &Objects, needy: Option<&ObjectRef>, message: &str) -> bool {
    let missing = message.contains("not found")
        || message.contains("couldn't find key")
        || message.contains("references non-existent");
    missing && !message.contains(ROOT_CERTIFICATES) && !another_acts(objects, needy)
}

/// Whether a pod is there that may change something in the cluster.
fn another_acts(objects: &Objects, needy: Option<&ObjectRef>) -> bool {
    objects.pods().any(|(object, pod)| {
        let ended = pod.terminating || pod.phase == "Succeeded" || pod.phase == "Failed";
        Some(object) != needy && pod.account.is_some() && !ended
    })
}

#[cfg(test)]
mod tests {
    use crate::cluster::Objects;
    use crate::cluster::cause::sample::{cause, ended, has, object, pending_pod, said, with};
    use crate::history::{ObjectState, PodState};

    /// Another pod, with a service account's token.
    fn operator(objects: &mut Objects) {
        let pod = PodState {
            phase: "Running".into(),
            account: Some("operator".into()),
            ..PodState::default()
        };
        objects.observe(&object("Pod", "operator-1"), &ObjectState::Pod(Box::new(pod)));
    }

    #[test]
    fn a_missing_secret_or_key_is_hopeless_unless_somebody_may_make_it() {
        for missing in [
            "MountVolume.SetUp failed for volume \"tls\" : secret \"db-tls\" not found",
            "MountVolume.SetUp failed for volume \"conf\" : configmap references non-existent config key: my.cnf",
        ] {
            let mut objects = pending_pod("ContainerCreating", 0);
            said(&mut objects, &object("Pod", "postgres-0"), "FailedMount", missing);
            has(&cause(&objects), missing);
            assert!(cause(&objects).hopeless, "{missing}");
            operator(&mut objects);
            assert!(!cause(&objects).hopeless, "{missing}");
        }
        let env = "CreateContainerConfigError: couldn't find key PASSWORD in Secret db/db-secret";
        assert!(cause(&pending_pod(env, 0)).hopeless);
    }

    #[test]
    fn what_the_cluster_mends_by_itself_is_not_hopeless() {
        for passing in [
            "MountVolume.SetUp failed for volume \"kube-api-access\" : configmap \"kube-root-ca.crt\" not found",
            "MountVolume.SetUp failed for volume \"tls\" : failed to sync secret cache: timed out waiting",
        ] {
            let mut objects = pending_pod("ContainerCreating", 0);
            said(&mut objects, &object("Pod", "postgres-0"), "FailedMount", passing);
            has(&cause(&objects), passing);
            assert!(!cause(&objects).hopeless, "{passing}");
        }
        for passing in [
            "CreateContainerError: context deadline exceeded",
            "CreateContainerConfigError: failed to sync configmap cache: timed out",
        ] {
            assert!(!cause(&pending_pod(passing, 0)).hopeless, "{passing}");
        }
        // It was missing, and has come.
        let mut objects = with(ended(0));
        said(
            &mut objects,
            &object("Pod", "postgres-0"),
            "FailedMount",
            "secret \"late\" not found",
        );
        assert!(!cause(&objects).hopeless);
    }
}
