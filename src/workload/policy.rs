use serde::{Deserialize, Serialize};

/// How pods are replaced: `spec.updateStrategy` of a StatefulSet, `spec.strategy` of a Deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdateStrategy {
    /// One after the other; a Deployment starts the new pod before the old one has ended.
    #[default]
    RollingUpdate,
    /// A Deployment's: all are ended before the first new one is started.
    Recreate,
    /// A StatefulSet's: only when somebody deletes them.
    OnDelete,
}

/// `spec.podManagementPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodManagement {
    /// Each member waits for the one before it to be Ready.
    #[default]
    OrderedReady,
    /// All members at once.
    Parallel,
}

/// `spec.persistentVolumeClaimRetentionPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// When the StatefulSet is deleted.
    pub when_deleted: RetentionPolicy,
    /// When it is scaled down.
    pub when_scaled: RetentionPolicy,
}

/// Whether a claim outlives the member it was made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionPolicy {
    /// It stays until it is deleted by name (Kubernetes' default).
    #[default]
    Retain,
    /// It goes, and with it the rows.
    Delete,
}
