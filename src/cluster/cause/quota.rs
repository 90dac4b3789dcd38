use crate::quantity::thousandths;

/// Whether a quota that forbids an object goes on doing so: the object asks for more than all that the quota gives, or
/// does not say what the quota wants to know. Where the rest is merely taken, whoever has it may give it back.
///
/// The words of the API server (`resourcequota` in `k8s.io/apiserver`): `exceeded quota: NAME, requested:
/// RESOURCE=N,…, used: RESOURCE=N,…, limited: RESOURCE=N,…`, and `failed quota: NAME: must specify …`.
pub(super) fn stays_over_quota(message: &str) -> bool {
    if message.contains("failed quota: ") {
        return message.contains(": must specify ");
    }
    let Some((_, quota)) = message.split_once("exceeded quota: ") else {
        return false;
    };
    let of = |what| {
        let list = quota.split(", ").find_map(|part| part.strip_prefix(what));
        list.unwrap_or_default()
            .split(',')
            .filter_map(|part| part.split_once('='))
    };
    let larger = |(resource, asked): (&str, &str)| {
        let (_, limit) = of("limited: ").find(|(of, _)| *of == resource)?;
        Some(thousandths(asked)? > thousandths(limit)?)
    };
    of("requested: ").any(|asked| larger(asked) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_the_whole_quota_never_fits() {
        for (words, stays) in [
            ("requested: pods=1, used: pods=0, limited: pods=0", true),
            ("requested: pods=1, used: pods=3, limited: pods=3", false),
            (
                "requested: requests.memory=256Mi, used: requests.memory=0, limited: requests.memory=128Mi",
                true,
            ),
            (
                "requested: cpu=500m,requests.memory=1Gi, used: cpu=1,requests.memory=0, limited: \
                 cpu=1,requests.memory=1Gi",
                false,
            ),
            (
                "requested: cpu=500m,requests.memory=1Gi, used: cpu=0,requests.memory=0, limited: \
                 cpu=1,requests.memory=512Mi",
                true,
            ),
            ("requested: pods=many, used: pods=0, limited: pods=0", false),
            ("requested: pods=1", false),
        ] {
            let message = format!("pods \"postgres-0\" is forbidden: exceeded quota: small, {words}");
            assert_eq!(stays_over_quota(&message), stays, "{message}");
        }
    }

    #[test]
    fn what_the_quota_wants_to_know_nobody_adds() {
        let forbidden = |why: &str| format!("pods \"postgres-0\" is forbidden: {why}");
        assert!(stays_over_quota(&forbidden(
            "failed quota: small: must specify requests.memory for: postgres"
        )));
        // The controller that counts has not looked yet.
        assert!(!stays_over_quota(&forbidden(
            "status unknown for quota: small, resources: requests.memory"
        )));
    }
}
