//! What a run will do, decided from the manifests alone.

use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome, Plan, Promise, Rounds, Selection, Step, UnusableEnds};
use stateproof::workload::{EngineKind, Workload, discover, outline};

use crate::fixtures::fixture;

fn workload(name: &str) -> Workload {
    let set = ManifestSet::read(&[fixture(name)]).unwrap();
    discover(&set, "default").unwrap().remove(0).workload
}

fn drills(plan: &Plan) -> Vec<Drill> {
    plan.drills.iter().map(|planned| planned.drill).collect()
}

#[test]
fn the_document_gets_every_drill() {
    let plan = Plan::new(workload("wealist-postgres"), &Selection::default());
    insta::assert_snapshot!(plan, @r"
    postgresql-prod/postgres: PostgreSQL (postgres:16-alpine), 1 member, declared at fixtures/wealist-postgres/4-database/postgres-statefulset.yaml:2
      recognised by its image postgres:16-alpine, in container postgres
      login: user postgres (the manifest, POSTGRES_USER), password from the manifest, POSTGRES_PASSWORD, database wealist (the manifest, POSTGRES_DB)
      claim postgres-data: 5Gi ReadWriteOnce of the default class, mounted at /var/lib/postgresql/data
      note: no readiness probe: Ready means started

    crash postgres-0
      why: any server can be killed without a word
      steps: resolve → inspect the claims → write 100 rows → start the writer → kill the server process → await Ready → resolve → stop the writer 100 rows later → inspect the claims → read
      promises: identity, storage, address, durability, recovery

    lose-pod postgres-0
      why: any pod can be deleted
      steps: resolve → inspect the claims → write 100 rows → start the writer → delete the pod → await Ready → resolve → stop the writer 100 rows later → inspect the claims → read
      promises: identity, storage, address, durability, recovery

    force-delete postgres-0
      why: any pod can be deleted by force
      steps: resolve → inspect the claims → write 100 rows → start the writer → delete the pod with grace period 0 s → await Ready → resolve → stop the writer 100 rows later → inspect the claims → read
      promises: identity, storage, address, durability, recovery

    delete-statefulset postgres-0
      why: it can be deleted, and its claims must stay
      steps: resolve → inspect the claims → write 100 rows → start the writer → delete the StatefulSet → inspect the claims → apply again → await Ready → resolve → stop the writer 100 rows later → read
      promises: identity, retention, durability, recovery

    delete-claim postgres-0
      why: its claims can be deleted by name: what must be lost then shows that a loss would be seen
      steps: resolve → inspect the claims → write 100 rows → delete the StatefulSet → inspect the claims → delete the claims → inspect the claims → apply again → await Ready → resolve → read
      promises: retention, durability (expected to be Violated)

    left out
      roles: its members are no replica set: they have no roles
      divergence: one member alone cannot differ from another
      lose-all-pods: one member: the same as lose-pod
      order: one member: there is no order to keep
      scale: one member: nobody would be left
      scale-to-zero: the server is away for as long as with delete-statefulset: ask for it with --drill scale-to-zero
      rollout: every pod is replaced twice: ask for it with --drill rollout
      bad-rollout: a server is away until the pull of an image has failed: ask for it with --drill bad-rollout
      evict: no PodDisruptionBudget selects the members: nothing forbids an eviction
      drain: a node fault: ask for it with --drill drain
      pause-node: a node fault: ask for it with --drill pause-node
      step-down: its members are no replica set: none is the PRIMARY
    ");
}

#[test]
fn without_a_volume_nothing_is_said_of_claims_and_durability_is_still_promised() {
    let plan = Plan::new(workload("wealist-postgres-no-volume"), &Selection::default());
    insta::assert_snapshot!(plan, @r"
    postgresql-no-volume/postgres: PostgreSQL (postgres:16-alpine), 1 member, declared at fixtures/wealist-postgres-no-volume/4-database/postgres-statefulset.yaml:2
      recognised by its image postgres:16-alpine, in container postgres
      login: user postgres (the manifest, POSTGRES_USER), password from the manifest, POSTGRES_PASSWORD, database wealist (the manifest, POSTGRES_DB)
      note: the data directory /var/lib/postgresql/data/pgdata is on the emptyDir volume postgres-data, not on a claim: rows do not survive the pod
      note: no readiness probe: Ready means started

    crash postgres-0
      why: any server can be killed without a word
      steps: resolve → write 100 rows → start the writer → kill the server process → await Ready → resolve → stop the writer 100 rows later → read
      promises: identity, address, durability, recovery

    lose-pod postgres-0
      why: any pod can be deleted
      steps: resolve → write 100 rows → start the writer → delete the pod → await Ready → resolve → stop the writer 100 rows later → read
      promises: identity, address, durability, recovery

    force-delete postgres-0
      why: any pod can be deleted by force
      steps: resolve → write 100 rows → start the writer → delete the pod with grace period 0 s → await Ready → resolve → stop the writer 100 rows later → read
      promises: identity, address, durability, recovery

    delete-statefulset postgres-0
      why: it can be deleted and applied again, and has no claims that would stay
      steps: resolve → write 100 rows → start the writer → delete the StatefulSet → apply again → await Ready → resolve → stop the writer 100 rows later → read
      promises: identity, durability, recovery

    left out
      roles: its members are no replica set: they have no roles
      divergence: one member alone cannot differ from another
      lose-all-pods: one member: the same as lose-pod
      order: one member: there is no order to keep
      scale: one member: nobody would be left
      scale-to-zero: the server is away for as long as with delete-statefulset: ask for it with --drill scale-to-zero
      rollout: every pod is replaced twice: ask for it with --drill rollout
      bad-rollout: a server is away until the pull of an image has failed: ask for it with --drill bad-rollout
      evict: no PodDisruptionBudget selects the members: nothing forbids an eviction
      drain: a node fault: ask for it with --drill drain
      pause-node: a node fault: ask for it with --drill pause-node
      step-down: its members are no replica set: none is the PRIMARY
      delete-claim: no claims: there is nothing to delete by name
    ");
    assert!(plan.drills.iter().all(|planned| {
        planned.expectations.iter().any(|expectation| {
            expectation.promise == Promise::Durability && expectation.expected == Outcome::Held
        })
    }));
}

#[test]
fn claims_that_go_by_themselves_cannot_be_deleted_by_name() {
    let plan = Plan::new(
        workload("wealist-postgres-retention-delete"),
        &Selection::of(&[Drill::DeleteClaim]),
    );
    assert_eq!(plan.drills, []);
    assert_eq!(plan.left_out.len(), 1);
    assert_eq!(plan.left_out[0].drill, Drill::DeleteClaim);
    assert!(plan.left_out[0].reason.contains("whenDeleted: Delete"));
}

#[test]
fn only_what_was_selected_runs_in_the_order_of_danger() {
    let selection = Selection::of(&[Drill::DeleteClaim, Drill::LosePod, Drill::LosePod]);
    let plan = Plan::new(workload("wealist-postgres"), &selection);
    assert_eq!(drills(&plan), [Drill::LosePod, Drill::DeleteClaim]);
    assert_eq!(plan.left_out, [], "what was not selected is not left out");
}

#[test]
fn what_is_skipped_and_what_promises_nothing_of_what_is_wanted_is_left_out() {
    let selection = Selection {
        skip: vec![Drill::ForceDelete],
        only: vec![Promise::Retention],
        ..Selection::default()
    };
    let plan = Plan::new(workload("wealist-postgres"), &selection);
    assert_eq!(drills(&plan), [Drill::DeleteStatefulset, Drill::DeleteClaim]);
    for planned in &plan.drills {
        let promises: Vec<_> = planned
            .expectations
            .iter()
            .map(|expectation| expectation.promise)
            .collect();
        assert_eq!(promises, [Promise::Retention], "{}", planned.drill);
    }
    let why = |drill| {
        let mut left_out = plan.left_out.iter();
        left_out
            .find(|left_out| left_out.drill == drill)
            .unwrap()
            .reason
            .as_str()
    };
    assert_eq!(why(Drill::ForceDelete), "it is to be skipped");
    assert_eq!(why(Drill::LosePod), "it promises nothing of retention");
    for promise in Promise::ALL {
        assert_eq!(promise.name().parse(), Ok(promise));
        assert_eq!(serde_json::to_value(promise).unwrap(), promise.name());
    }
}

#[test]
fn without_members_no_drill_applies() {
    let mut workload = workload("wealist-postgres");
    workload.replicas = 0;
    let plan = Plan::new(workload, &Selection::default());
    assert_eq!(plan.drills, []);
    assert_eq!(
        plan.left_out.len(),
        Drill::ALL.len() - 2,
        "an end that is not named is not awaited, a set that is not named not gone over to"
    );
}

#[test]
fn rows_are_in_flight_when_the_pod_goes_and_the_read_comes_last() {
    let plan = Plan::new(workload("wealist-postgres"), &Selection::default());
    for planned in &plan.drills {
        assert_eq!(planned.steps.last(), Some(&Step::Read), "{}", planned.drill);
        let position = |wanted: fn(&Step) -> bool| planned.steps.iter().position(wanted);
        if let Some(fault) = position(|step| matches!(step, Step::DeletePod { .. } | Step::Crash)) {
            assert!(position(|step| *step == Step::StartWriter).unwrap() < fault);
            assert!(position(|step| matches!(step, Step::StopWriter { .. })).unwrap() > fault);
        }
    }
}

#[test]
fn only_the_negative_control_expects_a_violation() {
    let plan = Plan::new(workload("wealist-postgres"), &Selection::default());
    for planned in &plan.drills {
        for expectation in &planned.expectations {
            let negative = planned.drill == Drill::DeleteClaim && expectation.promise == Promise::Durability;
            assert_eq!(expectation.expected == Outcome::Violated, negative, "{planned:?}");
        }
    }
}

#[test]
fn a_plan_survives_being_written_into_a_history() {
    let plan = Plan::new(workload("wealist-postgres"), &Selection::default());
    let written = serde_json::to_string(&plan).unwrap();
    assert!(!written.contains("mysupersecret"));
    assert_eq!(serde_json::from_str::<Plan>(&written).unwrap(), plan);
}

#[test]
fn drills_are_named_as_they_are_called() {
    for drill in Drill::ALL {
        assert_eq!(drill.name().parse(), Ok(drill));
        assert_eq!(serde_json::to_value(drill).unwrap(), drill.name());
    }
    assert!("Lose-Pod".parse::<Drill>().is_err());
}

/// Where an end is named nothing else is done, whatever applies to the workload; a set that could not be verified, as
/// a Secret is missing or the engine is nobody's, may well be expected to fail.
#[test]
fn a_named_end_is_all_that_is_awaited() {
    let set = ManifestSet::read(&[fixture("bad/credential-secret-missing")]).unwrap();
    assert!(discover(&set, "default").is_err());
    let workload = outline(&set, "default").unwrap().remove(0).workload;
    let selection = Selection {
        ends: vec![
            "Pod/postgres-0:phase=Pending".parse().unwrap(),
            "Pod/postgres-0:waiting=CreateContainerConfigError: secret"
                .parse()
                .unwrap(),
        ],
        ..Selection::default()
    };
    selection.check(std::slice::from_ref(&workload)).unwrap();
    let plan = Plan::new(workload, &selection);
    assert_eq!(drills(&plan), [Drill::ExpectFailure]);
    let planned = &plan.drills[0];
    assert_eq!(planned.steps, [Step::AwaitEnd]);
    assert_eq!(planned.ends, selection.ends);
    assert_eq!(planned.expectations.len(), 1);
    assert_eq!(planned.expectations[0].promise, Promise::Failure);
    assert_eq!(planned.expectations[0].expected, Outcome::Held);
    let text = plan.to_string();
    assert!(text.contains("  end: Pod/postgres-0:phase=Pending\n"), "{text}");
}

#[test]
fn an_engine_that_nobody_knows_can_be_expected_to_fail() {
    let set = ManifestSet::read(&[fixture("bad/unknown-engine")]).unwrap();
    let workload = outline(&set, "default").unwrap().remove(0).workload;
    assert_eq!(workload.engine.kind, EngineKind::Unknown);
    assert_eq!(workload.engine.image, "wealist-db:1.4");
    assert_eq!(workload.member(0).claims, ["postgres-data-postgres-0"]);
}

#[test]
fn ends_that_can_prove_nothing_are_refused() {
    let workload = workload("wealist-postgres");
    let check = |ends: &[&str]| {
        let ends = ends.iter().map(|end| end.parse().unwrap()).collect();
        let selection = Selection {
            ends,
            ..Selection::default()
        };
        selection.check(std::slice::from_ref(&workload))
    };
    let vague = check(&["Pod/postgres-0:phase=Pending", "Pod/postgres-0:phase=Running"]);
    assert!(matches!(vague, Err(UnusableEnds::Vague { .. })), "{vague:?}");
    for foreign in [
        "Pod/postgres-1:event=x",
        "Pod/postgres:event=x",
        "PersistentVolumeClaim/postgres-data:event=x",
        "StatefulSet/mysql:event=x",
    ] {
        let refused = check(&[foreign]);
        assert!(
            matches!(refused, Err(UnusableEnds::Foreign { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(
        check(&[
            "Pod/postgres-0:phase=Pending",
            "PersistentVolumeClaim/postgres-data-postgres-0:event=ProvisioningFailed",
            "StatefulSet/postgres:event=FailedCreate",
        ]),
        Ok(())
    );
}

#[test]
fn rounds_are_said_with_the_order_of_the_first() {
    let rounds = Rounds::asked(Some(30), None, Some(7));
    let drills = vec![Drill::LosePod, Drill::Crash, Drill::DeleteClaim];
    let selection = Selection {
        rounds,
        drills,
        ..Selection::default()
    };
    let plan = Plan::new(workload("wealist-postgres"), &selection);
    let order: Vec<_> = plan.round(1).iter().map(|planned| planned.drill.name()).collect();
    let said = format!(
        "\nrounds\n  30 rounds, in an order of seed 7\n  the first: {}\n  once, afterwards: delete-claim\n",
        order.join(", ")
    );
    assert!(plan.to_string().contains(&said), "{plan}");
    let once = Plan::new(workload("wealist-postgres"), &Selection::default());
    assert!(!once.to_string().contains("rounds"), "{once}");
}
