use serde_json::json;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP004",
    title: "fsGroup changes the permissions of the data directory at every start",
    level: Level::Warning,
    why: "With fsGroup alone the kubelet makes every file of the volume readable and writable for the group each time it \
          mounts it. PostgreSQL refuses a data directory that others than its owner may write to, so the second start \
          fails; and on a large volume every start takes minutes.",
    mend: "set fsGroupChangePolicy: OnRootMismatch beside fsGroup",
    source: "CrunchyData/postgres-operator#3023; Kubernetes, \"Configure a Security Context\"",
    foresees: &[Promise::Recovery],
    fixable: true,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    const POLICY: &str = "fsGroupChangePolicy";
    let mut findings = Vec::new();
    for (maker, _, _) in inventory.databases() {
        let Some(context) = &maker.pod.security_context else {
            continue;
        };
        let kept = context.fs_group_change_policy.as_deref() == Some("OnRootMismatch");
        let (Some(group), false, Some(_)) = (context.fs_group, kept, maker.data_claim(inventory)) else {
            continue;
        };
        let value = json!("OnRootMismatch");
        let fix = match context.fs_group_change_policy {
            Some(_) => Fix::replace(
                maker.manifest,
                &maker.path(&format!("securityContext/{POLICY}")),
                &value,
            ),
            None => Fix::insert(
                maker.manifest,
                &maker.path("securityContext/fsGroup"),
                POLICY,
                &value,
            ),
        };
        let message = format!("fsGroup {group} is applied to every file of the data directory at each start");
        let place = maker.at("securityContext/fsGroup");
        findings.push(Finding::of(&RULE, maker, place, "at each start", message).fixed_by(fix));
    }
    findings
}
