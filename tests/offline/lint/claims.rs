//! What `docs/claims.md` says that lint finds, and what else of the documents can be told without a cluster.

use std::path::Path;

use super::{found, lint_path, listed};

/// Whether a rule finds something in a file of a set.
fn finds(set: &str, rule: &str, file: &str) -> bool {
    let lint = lint_path(&Path::new("fixtures").join(set));
    let mut findings = lint.findings.iter();
    findings.any(|finding| finding.rule.id == rule && finding.place().file().ends_with(file))
}

/// D0.8: `lost+found` at the mount's root; a subdirectory keeps clear of it.
#[test]
fn d0_8_lint_finds_pgdata_at_the_root_of_its_volume() {
    assert!(finds(
        "wealist-postgres-lost-found",
        "SP002",
        "postgres-statefulset.yaml"
    ));
    assert!(!finds("wealist-postgres", "SP002", ""));
}

/// D0.9, D3.2, D4: replicas that are databases of their own.
#[test]
fn d0_9_lint_finds_databases_that_do_not_replicate() {
    for set in [
        "wealist-postgres-three-replicas",
        "grade-submission/1-two-members",
        "minikube-mysql",
    ] {
        assert!(finds(set, "SP026", ""), "{set}");
    }
    for set in ["wealist-postgres", "grade-submission/3-replica-set"] {
        assert!(!finds(set, "SP026", ""), "{set}");
    }
}

/// D0.10, D0.16: what a Deployment does to a claim; `Recreate` does not.
#[test]
fn d0_10_lint_finds_deployments_that_share_a_claim() {
    for set in [
        "wealist-postgres-deployment-shared-claim",
        "wealist-postgres-deployment-rolling",
    ] {
        assert!(finds(set, "SP005", "postgres-deployment.yaml"), "{set}");
    }
    assert!(finds(
        "wealist-postgres-deployment-no-volume",
        "SP003",
        "postgres-deployment.yaml"
    ));
    assert!(!finds("wealist-postgres-deployment-recreate", "SP005", ""));
}

/// D0.11: the password in plain text, and in a Secret.
#[test]
fn d0_11_lint_finds_the_password_in_plain_text() {
    let lint = lint_path(Path::new("fixtures/wealist-postgres"));
    assert!(found(&lint).contains(&("SP028", 30)), "{}", listed(&lint));
    assert!(!listed(&lint).contains("mysupersecret"));
    assert!(!finds("wealist-postgres-secret", "SP028", ""));
}

/// D0.15: the policy that takes the claims away.
#[test]
fn d0_15_lint_finds_claims_that_go() {
    for set in [
        "wealist-postgres-retention-delete",
        "wealist-postgres-retention-scaled",
    ] {
        assert!(finds(set, "SP030", "postgres-statefulset.yaml"), "{set}");
    }
    assert!(!finds("wealist-postgres", "SP030", ""));
}

/// D1.7: the init container that writes into a ConfigMap's volume, and the corrected one.
#[test]
fn d1_7_lint_finds_the_write_into_a_config_map() {
    let lint = lint_path(Path::new("fixtures/db-mysql-init-container"));
    assert!(found(&lint).contains(&("SP024", 19)), "{}", listed(&lint));
    assert!(!finds("db-mysql-init-container-corrected", "SP024", ""));
}

/// D2.7, D2.8: the second member has no volume; with a second volume it has.
#[test]
fn d2_8_lint_finds_the_missing_volume() {
    assert!(finds("sfs-nginx/volume-scaled", "SP017", "statefulset-vol03.yml"));
    assert!(!finds("sfs-nginx/volume", "SP017", ""));
    assert!(!finds("sfs-nginx-second-volume", "SP017", ""));
}

/// D3.8: a Service that knows pods and no roles.
#[test]
fn d3_8_lint_finds_the_service_that_knows_no_roles() {
    assert!(finds(
        "grade-submission/6-post-start-repaired",
        "SP031",
        "mongodb-service.yaml"
    ));
    assert!(!finds("grade-submission/3-replica-set", "SP031", ""));
}

/// D3.9: an init container that waits for its own pod's server.
#[test]
fn d3_9_lint_finds_the_init_container_that_never_ends() {
    assert!(finds(
        "grade-submission/4-init-container",
        "SP013",
        "mongodb-init-configmap.yaml"
    ));
    assert!(finds(
        "grade-submission-init-container-mongo",
        "SP013",
        "mongodb-init-configmap.yaml"
    ));
    assert!(!finds("grade-submission/6-post-start-repaired", "SP013", ""));
}

/// D3.10: a hook that waits for a member which is made only afterwards.
#[test]
fn d3_10_lint_finds_the_hook_that_waits_for_a_later_member() {
    assert!(finds(
        "grade-submission-post-start-waits",
        "SP013",
        "mongodb-init-configmap.yaml"
    ));
}

/// D3.11: `mongosh` in the image of MongoDB 4.4.
#[test]
fn d3_11_lint_finds_the_program_that_the_image_lacks() {
    for set in [
        "grade-submission/4-init-container",
        "grade-submission/5-post-start",
    ] {
        assert!(finds(set, "SP025", "mongodb-init-configmap.yaml"), "{set}");
    }
    for set in [
        "grade-submission-init-container-mongo",
        "grade-submission/6-post-start-repaired",
    ] {
        assert!(!finds(set, "SP025", ""), "{set}");
    }
}
