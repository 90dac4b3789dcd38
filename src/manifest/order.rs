use super::Manifest;

/// When a manifest is applied: lower goes first. What is used comes before what uses it, so that nothing is
/// refused or waits for what this very set brings.
pub(super) fn rank(manifest: &Manifest) -> u8 {
    match manifest.kind() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        "StorageClass" | "PersistentVolume" | "PriorityClass" | "RuntimeClass" | "CSIDriver" => 2,
        "ServiceAccount" | "Role" | "ClusterRole" => 3,
        "RoleBinding" | "ClusterRoleBinding" => 4,
        "Secret" | "ConfigMap" | "LimitRange" | "ResourceQuota" => 5,
        "PersistentVolumeClaim" => 6,
        "Service" => 7,
        "StatefulSet"
        | "Deployment"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "CronJob"
        | "Pod" => 9,
        _ => 8,
    }
}
