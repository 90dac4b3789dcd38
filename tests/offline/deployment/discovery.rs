//! Discovery.

use stateproof::workload::{UpdateStrategy, WorkloadKind};

use super::manifests::{NO_CLAIM, ROLLING, THREE, found, problems};
use crate::refusals::shown;
use crate::workload::ids;

#[test]
fn a_deployment_that_runs_a_database_is_a_workload() {
    let workload = found(&[]).workload;
    assert_eq!(workload.kind, WorkloadKind::Deployment);
    assert_eq!(workload.update, UpdateStrategy::Recreate);
    assert_eq!(workload.governing_service, "");
    assert_eq!(workload.id().to_string(), "prod/postgres");
    let claim = &workload.claims[0];
    assert_eq!((claim.name.as_str(), claim.storage.as_str()), ("data", "5Gi"));
    assert_eq!(claim.access_modes, ["ReadWriteOnce"]);
    assert_eq!(claim.storage_class.as_deref(), Some("standard"));
    assert_eq!(claim.mounts, ["/var/lib/postgresql/data"]);
    assert_eq!(workload.notes, ["no readiness probe: Ready means started"]);
}

#[test]
fn its_members_share_claim_and_name() {
    let workload = found(&[THREE]).workload;
    let members: Vec<_> = workload.members().collect();
    assert_eq!(members.len(), 3);
    for member in &members {
        assert_eq!(member.claims, ["data"]);
        assert_eq!(member.dns, "db.prod.svc.cluster.local");
        assert_eq!(workload.called(member), "Deployment postgres");
    }
}

#[test]
fn its_pods_are_known_by_the_replica_set_that_made_them() {
    let workload = found(&[]).workload;
    let owned = |owner| workload.has_pod("postgres-6d4cf56db6-x2x7q", owner);
    assert!(owned(Some("ReplicaSet/postgres-6d4cf56db6")));
    for other in [
        "ReplicaSet/postgres-exporter-6d4cf56db6",
        "ReplicaSet/postgres",
        "StatefulSet/postgres",
        "Job/postgres-6d4cf56db6",
    ] {
        assert!(!owned(Some(other)), "{other}");
    }
    assert!(!owned(None), "a pod that somebody made by hand");
}

#[test]
fn a_reader_is_told_what_comes_of_it() {
    let note = |replacements| found(replacements).workload.notes.join("\n");
    assert!(
        note(&[ROLLING]).contains("starts the new server on the claim data before the old one has ended")
    );
    assert!(note(&[("  strategy: { type: Recreate }\n", "")]).contains("the strategy is RollingUpdate"));
    assert!(note(&[THREE]).contains("3 servers on one volume"));
    let no_claim = note(&[NO_CLAIM]);
    assert!(no_claim.contains("emptyDir volume files, not on a claim: rows do not survive the pod"));
    assert!(note(&[NO_CLAIM, THREE]).contains("3 separate databases, not a cluster"));
}

#[test]
fn a_claim_that_only_another_container_mounts_is_none_of_the_server_s() {
    let workload = found(&[(
        "volumeMounts: [{ name: files, mountPath: /var/lib/postgresql/data }]",
        "volumeMounts: []\n        - name: side\n          image: busybox\n          volumeMounts: [{ name: files, mountPath: /files }]",
    )])
    .workload;
    assert_eq!(workload.claims, []);
}

#[test]
fn a_web_server_in_a_deployment_is_no_database() {
    let problems = problems(&[("image: postgres:16", "image: nginx:1.27")]);
    assert_eq!(ids(&problems), ["no_database"]);
}

#[test]
fn without_a_service_nothing_leads_to_the_database() {
    let problems = problems(&[("selector: { app: postgres }", "selector: { app: web }")]);
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::workload::no_service_selects

      × no Service selects the pods of Deployment postgres, which have `app=postgres`; in namespace
      │ prod it has db
        ╭─[db.yaml:25:17]
     25 │     metadata: { labels: { app: postgres } }
        ·                 ───┬──
        ·                    ╰── no Service selects these
        ╰────
      help: add a Service whose `spec.selector` matches the labels in the Deployment's
            `spec.template`: its pods have no names of their own, so nothing else leads to the
            database
    ");
}

#[test]
fn a_claim_that_the_set_lacks_is_a_problem() {
    let problems = problems(&[("claimName: data", "claimName: files")]);
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::workload::reference_missing

      × Deployment postgres needs the PersistentVolumeClaim `files`, which is not in the set
        ╭─[db.yaml:36:47]
     36 │           persistentVolumeClaim: { claimName: files }
        ·                                               ──┬──
        ·                                                 ╰── no PersistentVolumeClaim of this name in the set
        ╰────
      help: add its manifest to the set: without it the pods do not start
    ");
}

#[test]
fn a_selector_that_misses_the_pods_is_a_problem() {
    let problems = problems(&[("matchLabels: { app: postgres }", "matchLabels: { app: db }")]);
    assert_eq!(ids(&problems), ["selector_mismatch"]);
}
