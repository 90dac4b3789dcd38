//! What a run will do, decided from the manifests alone.

use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome, Plan, PlannedDrill, Promise, Rounds, Selection, Step, UnusableEnds};
use stateproof::workload::{
    Change, DisruptionBudget, EngineKind, RetentionPolicy, Workload, discover, outline,
};

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

/// The drills in which nobody writes, and why.
const WITHOUT_WRITER: [(Drill, &str); 4] = [
    (
        Drill::ExpectFailure,
        "nothing is done, and no server need come up",
    ),
    (Drill::Roles, "nothing is done"),
    (Drill::Divergence, "nothing is done"),
    (
        Drill::DeleteClaim,
        "the rows must be gone: those that a writer puts on the new claim would be read in their place",
    ),
];

/// Whether a step does something to the workload.
fn is_fault(step: Step) -> bool {
    matches!(
        step,
        Step::Crash
            | Step::DeletePod { .. }
            | Step::DeletePods
            | Step::DeleteStatefulSet
            | Step::DeleteClaims
            | Step::RenewFirst
            | Step::Scale { .. }
            | Step::Restart
            | Step::Undo
            | Step::BreakImage
            | Step::MendImage
            | Step::Upgrade { .. }
            | Step::Evict { .. }
            | Step::Cordon
            | Step::Uncordon
            | Step::PauseNode
            | Step::ResumeNode
            | Step::StepDown
    )
}

/// Workloads to which every drill applies, one or another.
fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for allowed in [None, Some(0), Some(1)] {
        let budgets = allowed.map(|allowed| DisruptionBudget {
            name: "postgres".into(),
            allowed,
        });
        for when_scaled in [RetentionPolicy::Retain, RetentionPolicy::Delete] {
            let mut three = workload("wealist-postgres-three-replicas");
            three.budgets = budgets.iter().cloned().collect();
            three.retention.when_scaled = when_scaled;
            all.push(three);
        }
    }
    let others = [
        "wealist-postgres",
        "wealist-postgres-deployment-recreate",
        "grade-submission/6-post-start-repaired",
        "wild/postgres-pod",
    ];
    all.extend(others.map(workload));
    all
}

/// Everything that is planned for a workload when it is asked for.
fn asked(workload: &Workload) -> Vec<PlannedDrill> {
    let change = Change {
        replicas: workload.replicas,
        replaces_pods: true,
        differs: vec!["spec.template".into()],
        immutable: Vec::new(),
    };
    let end = format!("Pod/{}:event=x", workload.member(0).pod);
    let all = Selection::of(&Drill::ALL);
    let upgrade = Selection {
        upgrade: Some(change),
        ..Selection::default()
    };
    let ends = Selection {
        ends: vec![end.parse().unwrap()],
        ..Selection::default()
    };
    let plans = [all, upgrade, ends].map(|selection| Plan::new(workload.clone(), &selection));
    plans.into_iter().flat_map(|plan| plan.drills).collect()
}

#[test]
fn rows_are_in_flight_at_every_fault_and_the_read_comes_last() {
    let planned: Vec<_> = workloads().iter().flat_map(asked).collect();
    for drill in Drill::ALL {
        let mut variants = planned.iter().filter(|planned| planned.drill == drill).peekable();
        assert!(variants.peek().is_some(), "{drill} is not planned");
        for PlannedDrill { steps, .. } in variants {
            let place = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
            let start = place(|step| *step == Step::StartWriter);
            let first = place(|step| is_fault(*step));
            if let Some((_, why)) = WITHOUT_WRITER.iter().find(|(without, _)| *without == drill) {
                assert_eq!(start, None, "{drill} has a writer, although {why}");
                assert_eq!(first.is_none(), drill.is_without_fault(), "{drill}: {steps:?}");
                continue;
            }
            let (start, first) = (start.unwrap(), first.unwrap());
            let before = place(|step| *step == Step::Write { rows: 100 }).unwrap();
            let stop = place(|step| *step == Step::StopWriter { rows_after: 100 }).unwrap();
            let last = steps.iter().rposition(|step| is_fault(*step)).unwrap();
            let read = steps.iter().rposition(|step| *step == Step::Read).unwrap();
            assert!(
                before < start && start < first && last < stop && stop < read,
                "{drill}: {steps:?}"
            );
            // Through the other Services the same rows are read once more.
            let after = &steps[read + 1..];
            assert!(
                after.iter().all(|step| *step == Step::ReadServices),
                "{drill}: {after:?}"
            );
        }
    }
}

/// Nobody is to notice an eviction that is refused: no pod is replaced, and the rows are promised.
#[test]
fn rows_are_promised_where_an_eviction_is_refused_too() {
    let mut workload = workload("wealist-postgres-three-replicas");
    workload.budgets = vec![DisruptionBudget {
        name: "postgres".into(),
        allowed: 0,
    }];
    let plan = Plan::new(workload, &Selection::of(&[Drill::Evict, Drill::Drain]));
    assert_eq!(drills(&plan), [Drill::Evict, Drill::Drain]);
    for planned in &plan.drills {
        let promises: Vec<_> = planned
            .expectations
            .iter()
            .map(|expectation| (expectation.promise, expectation.expected))
            .collect();
        let held = |promise| (promise, Outcome::Held);
        assert_eq!(promises, [held(Promise::Protection), held(Promise::Durability)]);
    }
}

/// What is not spoken to, or keeps no rows, has no writer and promises no rows, whatever is done to it.
#[test]
fn nobody_writes_where_there_are_no_rows() {
    for (name, asks) in [("sfs-nginx/web", true), ("wild/redis", false)] {
        for planned in asked(&workload(name)) {
            let rows = |step: &Step| {
                matches!(
                    step,
                    Step::Write { .. }
                        | Step::StartWriter
                        | Step::AwaitRows { .. }
                        | Step::StopWriter { .. }
                        | Step::Read
                )
            };
            assert!(!planned.steps.iter().any(rows), "{name}: {planned:?}");
            let gets = planned.steps.contains(&Step::Get);
            assert!(!gets || asks, "{name}: {planned:?}");
            let promised = planned.expectations.iter();
            assert!(
                promised.into_iter().all(|one| one.promise != Promise::Durability),
                "{name}: {planned:?}"
            );
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
