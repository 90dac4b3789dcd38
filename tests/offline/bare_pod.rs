//! A bare Pod that runs a database on a claim.

use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Plan, Promise, Selection, Step};
use stateproof::workload::{Survey, WorkloadKind, survey};

use crate::fixtures::fixture;

const FILE: &str = "wild/postgres-pod/pod.yaml";

fn looked_at(changes: &[(&str, &str)]) -> Result<Survey, stateproof::manifest::Problems> {
    let mut text = std::fs::read_to_string(fixture(FILE)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    survey(
        &ManifestSet::from_str("pod.yaml", &text).unwrap(),
        "default",
        &[].into(),
    )
}

#[test]
fn it_keeps_its_name_and_is_applied_again() {
    let workload = looked_at(&[]).unwrap().found.remove(0).workload;
    assert_eq!(workload.kind, WorkloadKind::Pod);
    let member = workload.member(0);
    assert_eq!(
        (&*member.pod, &*member.dns, &member.claims[..]),
        (
            "scratch-db",
            "scratch-db.default.svc.cluster.local",
            &["scratch-db".to_owned()][..]
        )
    );
    assert!(workload.has_pod("scratch-db", None));
    // A pod of somebody else's, which a StatefulSet of that name would make.
    assert!(!workload.has_pod("scratch-db-0", None) && !workload.has_pod("scratch-db", Some("ReplicaSet/x")));
    let plan = Plan::new(workload, &Selection::default());
    let drills: Vec<Drill> = plan.drills.iter().map(|planned| planned.drill).collect();
    assert_eq!(drills, [Drill::Crash, Drill::LosePod]);
    let planned = &plan.drills[1];
    let position = |wanted: &Step| planned.steps.iter().position(|step| step == wanted).unwrap();
    let deleted = position(&Step::DeletePod { grace_seconds: None });
    assert!(deleted < position(&Step::Reapply) && position(&Step::Reapply) < position(&Step::AwaitReady));
    let promises: Vec<Promise> = planned
        .expectations
        .iter()
        .map(|expectation| expectation.promise)
        .collect();
    assert_eq!(
        promises,
        [
            Promise::Identity,
            Promise::Storage,
            Promise::Durability,
            Promise::Recovery
        ]
    );
}

#[test]
fn without_a_claim_it_is_left_alone_and_without_a_service_it_cannot_be_reached() {
    let no_claim = looked_at(&[(
        "    persistentVolumeClaim:\n      claimName: scratch-db\n",
        "    emptyDir: {}\n",
    )]);
    assert!(
        no_claim
            .unwrap_err()
            .to_string()
            .contains("no database in the set")
    );
    let no_service = looked_at(&[("    run: scratch-db\n  ports:", "    run: another\n  ports:")]);
    let told = no_service.unwrap_err().to_string();
    assert!(
        told.contains("no Service selects the pods of Pod scratch-db"),
        "{told}"
    );
    let no_login = looked_at(&[("POSTGRES_PASSWORD", "POSTGRES_OTHER")]).unwrap_err();
    assert!(
        no_login
            .to_string()
            .contains("pod.yaml:31:5: Pod scratch-db: `POSTGRES_PASSWORD` is not set"),
        "{no_login}"
    );
}
