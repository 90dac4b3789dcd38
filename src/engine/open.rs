use std::sync::Arc;

use super::{Reach, Session, SessionError, http, mongodb, mysql, postgres};
use crate::workload::{
    Credentials, Engine, EngineKind, Member, Replication, ServiceRef, Workload, WorkloadKind,
};

/// A server to speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it speaks, on which port, and where its files lie.
    pub engine: Engine,
    /// Where.
    pub address: Address,
}

/// Where a server is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Behind one name: a member's or a Service's.
    Name {
        /// The DNS name.
        dns: String,
        /// Namespace and name of the pod, where the name is one member's.
        pod: Option<(String, String)>,
    },
    /// Wherever the PRIMARY of a replica set is: every member's name is known, the driver finds the one.
    ReplicaSet {
        /// The set's name.
        set: String,
        /// The members' DNS names.
        members: Vec<String>,
    },
}

impl Target {
    /// One member, by its stable name; of a Deployment, which has no such names, whichever its Service leads to.
    #[must_use]
    pub fn member(workload: &Workload, member: &Member) -> Self {
        let is_named = workload.kind == WorkloadKind::StatefulSet;
        if let (false, Some(service)) = (is_named, workload.common_service()) {
            return Self::service(workload, service);
        }
        Self {
            engine: workload.engine.clone(),
            address: Address::Name {
                dns: member.dns.clone(),
                pod: Some((workload.namespace.clone(), member.pod.clone())),
            },
        }
    }

    /// Whatever a Service leads to.
    #[must_use]
    pub fn service(workload: &Workload, service: &ServiceRef) -> Self {
        Self {
            engine: Engine {
                port: service.port,
                ..workload.engine.clone()
            },
            address: Address::Name {
                dns: service.dns.clone(),
                pod: None,
            },
        }
    }

    /// Where an application writes that must not lose a row: the replica set where there is one, else the member.
    #[must_use]
    pub fn ledger(workload: &Workload, member: &Member) -> Self {
        match &workload.replication {
            Some(Replication::ReplicaSet { name }) => Self {
                engine: workload.engine.clone(),
                address: Address::ReplicaSet {
                    set: name.clone(),
                    members: workload.members().map(|member| member.dns).collect(),
                },
            },
            None => Self::member(workload, member),
        }
    }

    /// How the address is told to a reader.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.address {
            Address::Name { dns, .. } => dns.clone(),
            Address::ReplicaSet { set, members } => format!("replica set {set} ({})", members.join(", ")),
        }
    }
}

/// Opens a session: one attempt.
///
/// # Errors
/// [`SessionError`] when the server refuses, is gone, or does not answer in time.
pub async fn open(
    reach: &Arc<dyn Reach>,
    target: &Target,
    credentials: &Credentials,
) -> Result<Box<dyn Session>, SessionError> {
    match target.engine.kind {
        // A TLS handshake's state is large.
        EngineKind::PostgreSql => {
            let session = Box::pin(postgres::Session::open(&**reach, target, credentials));
            Ok(Box::new(session.await?))
        }
        EngineKind::MySql => {
            let session = Box::pin(mysql::Session::open(&**reach, target, credentials));
            Ok(Box::new(session.await?))
        }
        EngineKind::Http => Ok(Box::new(http::Session::open(reach, target).await?)),
        EngineKind::MongoDb => Ok(Box::new(
            mongodb::Session::open(reach, target, credentials).await?,
        )),
        EngineKind::Other | EngineKind::Unknown => Err(SessionError::Server(
            "nobody knows what it speaks: its engine is none that stateproof speaks".to_owned(),
        )),
    }
}
