use serde::{Deserialize, Serialize};

/// One pod of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its ordinal. Among a Deployment's pods, which have none, its place in the order of their names.
    pub ordinal: u32,
    /// Its pod's name, the same for every incarnation; a Deployment's name where the pods have none that stay.
    pub pod: String,
    /// Its stable DNS name.
    pub dns: String,
    /// The names of its claims, in the order of the templates. All members of a Deployment have the same.
    pub claims: Vec<String>,
}

impl Member {
    /// Whether what a server says of itself, its address or its host with or without a port, is this member's.
    ///
    /// ```
    /// # use stateproof::workload::Member;
    /// let member = Member {
    ///     ordinal: 1,
    ///     pod: "mongodb-1".into(),
    ///     dns: "mongodb-1.mongodb.prod.svc.cluster.local".into(),
    ///     claims: Vec::new(),
    /// };
    /// assert!(member.answers_as("10.244.0.7", Some("10.244.0.7")));
    /// assert!(member.answers_as("mongodb-1", None));
    /// assert!(member.answers_as("mongodb-1.mongodb.prod.svc.cluster.local:27017", None));
    /// assert!(!member.answers_as("mongodb-10", None));
    /// ```
    #[must_use]
    pub fn answers_as(&self, server: &str, ip: Option<&str>) -> bool {
        let host = match server.rsplit_once(':') {
            // More than one colon is an IPv6 address without a port.
            Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
            _ => server,
        };
        let named = host.strip_prefix(&self.pod);
        ip == Some(host) || named.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}
