//! The plan.

use stateproof::plan::{Drill, Plan, Promise, Selection};

use super::manifests::{NO_CLAIM, found};

const DRILLS: [Drill; 3] = [Drill::LosePod, Drill::ForceDelete, Drill::Rollout];

#[test]
fn a_deployment_gets_the_drills_that_need_no_names() {
    let plan = Plan::new(found(&[]).workload, &Selection::of(&DRILLS));
    insta::assert_snapshot!(plan, @r"
    prod/postgres: PostgreSQL (postgres:16), 1 member, declared at db.yaml:17
      recognised by its image postgres:16, in container postgres
      login: user postgres (the image's default), password from the manifest, POSTGRES_PASSWORD, database postgres (the image's default)
      claim data: 5Gi ReadWriteOnce of class standard, mounted at /var/lib/postgresql/data
      note: no readiness probe: Ready means started

    lose-pod postgres
      why: any pod can be deleted
      steps: inspect the claims → write 100 rows → start the writer → delete the pod → await Ready → stop the writer 100 rows later → inspect the claims → read
      promises: storage, durability, recovery, exclusivity

    force-delete postgres
      why: any pod can be deleted by force
      steps: inspect the claims → write 100 rows → start the writer → delete the pod with grace period 0 s → await Ready → stop the writer 100 rows later → inspect the claims → read
      promises: storage, durability, recovery

    rollout postgres
      why: strategy Recreate: the old server ends before the new one starts
      steps: inspect the claims → write 100 rows → start the writer → restart → await all Ready → undo the restart → await all Ready → stop the writer 100 rows later → inspect the claims → read
      promises: storage, durability, recovery, exclusivity
    ");
}

#[test]
fn nothing_is_promised_of_names_and_order() {
    let plan = Plan::new(found(&[]).workload, &Selection::of(&DRILLS));
    let promised = |promise| {
        let mut promises = plan.drills.iter().flat_map(|drill| &drill.expectations);
        promises.any(|expectation| expectation.promise == promise)
    };
    for promise in [
        Promise::Identity,
        Promise::Address,
        Promise::Order,
        Promise::Retention,
    ] {
        assert!(!promised(promise), "{promise}");
    }
    assert!(promised(Promise::Exclusivity));
}

#[test]
fn without_a_claim_there_is_no_volume_to_share() {
    let plan = Plan::new(found(&[NO_CLAIM]).workload, &Selection::of(&DRILLS));
    for drill in &plan.drills {
        let promises: Vec<_> = drill
            .expectations
            .iter()
            .map(|expectation| expectation.promise)
            .collect();
        assert_eq!(
            promises,
            [Promise::Durability, Promise::Recovery],
            "{}",
            drill.drill
        );
    }
}

#[test]
fn the_other_drills_are_left_out_with_the_reason() {
    let selection = Selection::of(&[
        Drill::Order,
        Drill::Scale,
        Drill::DeleteStatefulset,
        Drill::DeleteClaim,
    ]);
    let plan = Plan::new(found(&[]).workload, &selection);
    assert_eq!(plan.drills, []);
    assert_eq!(plan.left_out.len(), 4);
    assert!(
        plan.left_out
            .iter()
            .all(|left_out| left_out.reason.contains("a Deployment promises no names"))
    );
}
