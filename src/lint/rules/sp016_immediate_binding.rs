use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP016",
    title: "a class binds its volumes before it is known where the pod can run",
    level: Level::Warning,
    why: "With volumeBindingMode Immediate the volume is made, in some zone or on some node, before the pod is \
          scheduled. A pod that cannot run there, for its affinity, its resources or a taint, stays Pending for ever.",
    mend: "set volumeBindingMode: WaitForFirstConsumer; the field cannot be changed in place: make a new class",
    source: "kubernetes-sigs/kind#3525; Kubernetes, \"Storage Classes\", volume binding mode",
    foresees: &[Promise::Placement, Promise::Recovery],
    fixable: false,
    check,
};

/// Provisioners whose volumes can be mounted in one zone or on one node only.
const BOUND: [&str; 14] = [
    "kubernetes.io/no-provisioner",
    "rancher.io/local-path",
    "openebs.io/local",
    "local.csi.openebs.io",
    "topolvm.io",
    "topolvm.cybozu.com",
    "kubernetes.io/aws-ebs",
    "ebs.csi.aws.com",
    "kubernetes.io/gce-pd",
    "pd.csi.storage.gke.io",
    "kubernetes.io/azure-disk",
    "disk.csi.azure.com",
    "cinder.csi.openstack.org",
    "csi.vsphere.vmware.com",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for class in &inventory.classes {
        let provisioner = class.object.provisioner.as_str();
        let waits = class.object.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer");
        if waits || !BOUND.contains(&provisioner) {
            continue;
        }
        let field = if class.object.volume_binding_mode.is_some() {
            "volumeBindingMode"
        } else {
            "provisioner"
        };
        let message = format!(
            "its volumes are bound to a place before the pod is scheduled ({provisioner}, Immediate)"
        );
        findings.push(Finding::new(
            &RULE,
            class.manifest,
            class.at(field),
            "binds at once",
            message,
        ));
    }
    findings
}
