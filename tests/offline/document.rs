//! The PostgreSQL document as a history has it: its workload, plan and objects.

use std::collections::BTreeMap;

use stateproof::history::{ClaimState, DrillId, Event, ObjectRef, VolumeState, WriteFate};
use stateproof::plan::{Drill, Expectation, Outcome, Plan, PlannedDrill, Promise, Step};
use stateproof::workload::{
    ClaimTemplate, Engine, EngineKind, PodManagement, Retention, RetentionPolicy, UpdateStrategy, Workload,
    WorkloadKind,
};

pub const NAMESPACE: &str = "postgresql-prod";
pub const POD: &str = "postgres-0";
pub const CLAIM: &str = "postgres-data-postgres-0";
pub const DNS: &str = "postgres-0.postgres-service.postgresql-prod.svc.cluster.local";

/// The drills that the document gets unasked.
pub const DRILLS: [Drill; 4] = [
    Drill::LosePod,
    Drill::ForceDelete,
    Drill::DeleteStatefulset,
    Drill::DeleteClaim,
];

pub fn id(drill: Drill) -> DrillId {
    DrillId {
        workload: workload().id().into(),
        drill,
        round: 0,
    }
}

pub fn pod(number: u32) -> ObjectRef {
    object("Pod", POD, number)
}

pub fn claim(number: u32) -> ObjectRef {
    object("PersistentVolumeClaim", CLAIM, 100 + number)
}

pub fn set(number: u32) -> ObjectRef {
    object("StatefulSet", "postgres", 200 + number)
}

pub fn volume(number: u32) -> ObjectRef {
    ObjectRef {
        namespace: String::new(),
        ..object(
            "PersistentVolume",
            &format!("pvc-{}", uid(100 + number)),
            300 + number,
        )
    }
}

pub fn object(kind: &str, name: &str, number: u32) -> ObjectRef {
    ObjectRef {
        kind: kind.into(),
        namespace: NAMESPACE.into(),
        name: name.into(),
        uid: uid(number),
    }
}

pub fn ip(number: u32) -> String {
    format!("10.244.0.{}", 4 + number)
}

pub fn uid(number: u32) -> String {
    format!("{number:08}-0000-4000-8000-000000000000")
}

pub fn gap(kind: &str) -> Event {
    Event::Gap {
        kind: kind.into(),
        reason: "410 Gone".into(),
    }
}

pub fn refused() -> WriteFate {
    WriteFate::Refused("cannot execute INSERT in a read-only transaction".into())
}

/// The document's workload.
pub fn workload() -> Workload {
    Workload {
        kind: WorkloadKind::StatefulSet,
        namespace: NAMESPACE.into(),
        name: "postgres".into(),
        replicas: 1,
        governing_service: "postgres-service".into(),
        services: Vec::new(),
        update: UpdateStrategy::RollingUpdate,
        budgets: Vec::new(),
        replication: None,
        selector: BTreeMap::from([("app".into(), "postgres".into())]),
        pod_management: PodManagement::OrderedReady,
        retention: Retention::default(),
        claims: vec![ClaimTemplate {
            retained: false,
            name: "postgres-data".into(),
            storage: "5Gi".into(),
            access_modes: vec!["ReadWriteOnce".into()],
            storage_class: None,
            mounts: vec!["/var/lib/postgresql/data".into()],
        }],
        engine: Engine {
            kind: EngineKind::PostgreSql,
            product: String::new(),
            recognised_by: String::new(),
            container: "postgres".into(),
            image: "postgres:16-alpine".into(),
            port: 5432,
            data_directory: "/var/lib/postgresql/data/pgdata".into(),
            tls: stateproof::workload::Tls::default(),
        },
        has_readiness_probe: false,
        termination_grace_seconds: 30,
        declared_at: "k8s/statefulset.yaml:1".into(),
        login: String::new(),
        notes: Vec::new(),
    }
}

/// Has the manifest ask for the claims to go with the StatefulSet.
pub fn delete_with_set(event: &mut Event) {
    if let Event::RunStarted { plans, .. } = event {
        plans[0].workload.retention.when_deleted = RetentionPolicy::Delete;
    }
}

pub fn plan(drills: &[Drill]) -> Plan {
    Plan {
        workload: workload(),
        drills: drills.iter().map(|drill| planned(*drill)).collect(),
        left_out: Vec::new(),
        rounds: None,
    }
}

fn planned(drill: Drill) -> PlannedDrill {
    let (write, stop) = (Step::Write { rows: 100 }, Step::StopWriter { rows_after: 100 });
    let delete = |grace_seconds| Step::DeletePod { grace_seconds };
    let lose_pod = |delete| {
        let (look, inspect) = (Step::Resolve, Step::InspectClaims);
        vec![
            look,
            inspect,
            write,
            Step::StartWriter,
            delete,
            Step::AwaitReady,
            look,
            stop,
            inspect,
            Step::Read,
        ]
    };
    let steps = match drill {
        Drill::Crash => lose_pod(Step::Crash),
        Drill::LosePod => lose_pod(delete(None)),
        Drill::ForceDelete => lose_pod(delete(Some(0))),
        Drill::DeleteStatefulset => vec![
            Step::Resolve,
            Step::InspectClaims,
            write,
            Step::DeleteStatefulSet,
            Step::InspectClaims,
            Step::Reapply,
            Step::AwaitReady,
            Step::Resolve,
            write,
            Step::Read,
        ],
        Drill::DeleteClaim => vec![
            Step::Resolve,
            Step::InspectClaims,
            write,
            Step::DeleteStatefulSet,
            Step::InspectClaims,
            Step::DeleteClaims,
            Step::InspectClaims,
            Step::Reapply,
            Step::AwaitReady,
            Step::Resolve,
            Step::Read,
        ],
        other => panic!("{other} is not written by hand here"),
    };
    let promises: &[Promise] = match drill {
        Drill::Crash | Drill::LosePod | Drill::ForceDelete => &[
            Promise::Identity,
            Promise::Storage,
            Promise::Address,
            Promise::Durability,
            Promise::Recovery,
        ],
        Drill::DeleteStatefulset => &[
            Promise::Identity,
            Promise::Retention,
            Promise::Durability,
            Promise::Recovery,
        ],
        Drill::DeleteClaim => &[Promise::Retention, Promise::Durability, Promise::Recovery],
        other => panic!("{other} is not written by hand here"),
    };
    let expected = |promise| match (drill, promise) {
        (Drill::DeleteClaim, Promise::Durability) => Outcome::Violated,
        _ => Outcome::Held,
    };
    PlannedDrill {
        drill,
        member: 0,
        steps,
        expectations: promises
            .iter()
            .map(|promise| Expectation {
                promise: *promise,
                expected: expected(*promise),
            })
            .collect(),
        ends: Vec::new(),
        change: None,
    }
}

pub fn container(number: u32) -> String {
    format!("{number:064x}")
}

pub fn claim_state(number: u32) -> ClaimState {
    ClaimState {
        phase: "Bound".into(),
        volume: Some(volume(number).name),
        storage_class: Some("standard".into()),
        requested: Some("5Gi".into()),
        access_modes: vec!["ReadWriteOnce".into()],
        ..ClaimState::default()
    }
}

pub fn volume_state(number: u32) -> VolumeState {
    VolumeState {
        phase: "Bound".into(),
        reclaim_policy: "Delete".into(),
        claim_uid: Some(claim(number).uid),
        ..VolumeState::default()
    }
}
