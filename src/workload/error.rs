use miette::Diagnostic;
use thiserror::Error;

/// What keeps a database from being found in a set of manifests, or would keep it from running.
#[derive(Debug, Error, Diagnostic)]
pub enum DiscoverError {
    /// No workload in the set runs a known engine.
    #[error("no database in the set: {found}")]
    #[diagnostic(
        code(stateproof::workload::no_database),
        help(
            "stateproof looks for StatefulSets, and for Deployments and Pods that run a database; add its manifest, or say what an image holds with the annotation `stateproof.dev/engine` or in stateproof.toml"
        )
    )]
    NoDatabase {
        /// What was found instead.
        found: String,
    },
    /// A set whose only databases are made by operators.
    #[error("no database in reach: what {resources} comes to, an operator decides")]
    #[diagnostic(
        code(stateproof::workload::out_of_reach),
        help(
            "stateproof verifies the StatefulSets and Deployments of the manifests; what an operator makes of a custom resource is not in them"
        )
    )]
    OutOfReach {
        /// The custom resources, with their `apiVersion`.
        resources: String,
    },
    /// A StatefulSet with claims that runs no known engine.
    #[error("{object}: which engine it runs cannot be told: {seen}")]
    #[diagnostic(
        code(stateproof::workload::unknown_engine),
        help(
            "say it with the annotation `stateproof.dev/engine`, or as `engine` in stateproof.toml: `postgresql`, `mysql`, `mongodb`, `http`, `other` for one that stateproof does not speak, or `none` to leave the StatefulSet alone"
        )
    )]
    UnknownEngine {
        /// The StatefulSet.
        object: String,
        /// Its images and ports.
        seen: String,
    },
    /// An annotation or label that names no engine.
    #[error("{object}: `stateproof.dev/engine` is `{value}`")]
    #[diagnostic(
        code(stateproof::workload::unknown_mark),
        help(
            "write `postgresql`, `mysql`, `mongodb`, `http`, `other` for one that stateproof does not speak, or `none` to leave the workload alone"
        )
    )]
    UnknownMark {
        /// The workload.
        object: String,
        /// What it says.
        value: String,
    },
    /// A field holds something else than Kubernetes expects there.
    #[error("{object}: `{field}` {fault}")]
    #[diagnostic(
        code(stateproof::workload::wrong_shape),
        help("the API server would refuse it: see `kubectl explain`")
    )]
    WrongShape {
        /// Kind, namespace and name.
        object: String,
        /// The field's path.
        field: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A StatefulSet that names no governing Service.
    #[error("{object} names no governing Service")]
    #[diagnostic(
        code(stateproof::workload::no_service_name),
        help("set `spec.serviceName` to a headless Service: it gives the members their DNS names")
    )]
    NoServiceName {
        /// The StatefulSet.
        object: String,
    },
    /// The governing Service is not in the set.
    #[error("{object}: its governing Service `{service}` is not in the set; {found}")]
    #[diagnostic(
        code(stateproof::workload::no_service),
        help(
            "add the Service's manifest, in the StatefulSet's namespace, or correct `spec.serviceName`: without it the members have no DNS names"
        )
    )]
    NoService {
        /// The StatefulSet.
        object: String,
        /// The name it gives.
        service: String,
        /// What Services there are.
        found: String,
    },
    /// The governing Service selects other pods.
    #[error("{service} does not select the pods of {object}: it asks for {wanted}, they have {labels}")]
    #[diagnostic(
        code(stateproof::workload::service_selects_nothing),
        help(
            "make the Service's `spec.selector` match the labels in the StatefulSet's `spec.template`: its DNS names point to nothing"
        )
    )]
    ServiceSelectsNothing {
        /// The Service.
        service: String,
        /// The StatefulSet.
        object: String,
        /// The Service's selector.
        wanted: String,
        /// The template's labels.
        labels: String,
    },
    /// A Deployment whose pods no Service selects.
    #[error("no Service selects the pods of {object}, which have {labels}; {found}")]
    #[diagnostic(
        code(stateproof::workload::no_service_selects),
        help(
            "add a Service whose `spec.selector` matches the labels in the Deployment's `spec.template`: its pods have no names of their own, so nothing else leads to the database"
        )
    )]
    NoServiceSelects {
        /// The Deployment.
        object: String,
        /// The template's labels.
        labels: String,
        /// What Services there are.
        found: String,
    },
    /// A StatefulSet's selector does not select its own pods.
    #[error("{object} does not select its own pods: it asks for {wanted}, they have {labels}")]
    #[diagnostic(
        code(stateproof::workload::selector_mismatch),
        help(
            "make `spec.selector` match the labels in `spec.template`: the API server refuses the StatefulSet as it is"
        )
    )]
    SelectorMismatch {
        /// The StatefulSet.
        object: String,
        /// The selector.
        wanted: String,
        /// The template's labels.
        labels: String,
    },
    /// A Secret, ConfigMap or claim that the pods need is not in the set.
    #[error("{object} needs the {kind} `{name}`, which is not in the set{maker}")]
    #[diagnostic(
        code(stateproof::workload::reference_missing),
        help("add its manifest to the set: without it the pods do not start. For one run: {remedy}")
    )]
    ReferenceMissing {
        /// The workload.
        object: String,
        /// `Secret` or `ConfigMap`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What in the set has some operator make it, as an end of the message; empty where nothing does.
        maker: String,
        /// How to add one.
        remedy: String,
    },
    /// A claim that the pods mount by its name is not in the set.
    #[error("{object} needs the PersistentVolumeClaim `{name}`, which is not in the set")]
    #[diagnostic(
        code(stateproof::workload::reference_missing),
        help("add its manifest to the set: without it the pods do not start")
    )]
    ClaimMissing {
        /// The workload.
        object: String,
        /// The claim's name.
        name: String,
    },
    /// A Secret or ConfigMap that the pods need lacks a key.
    #[error("{object} needs the key `{key}` of the {kind} `{name}`, which has {found}")]
    #[diagnostic(
        code(stateproof::workload::key_missing),
        help("add the key, or correct its name: without it the pods do not start")
    )]
    KeyMissing {
        /// The workload.
        object: String,
        /// `Secret` or `ConfigMap`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The key.
        key: String,
        /// The keys it has.
        found: String,
    },
    /// The engine is given no password.
    #[error("{object}: `{variable}` is not set")]
    #[diagnostic(
        code(stateproof::workload::no_password),
        help(
            "set it from a Secret: the image does not initialise a database without it. Where another image does, say how to log in in stateproof.toml"
        )
    )]
    NoPassword {
        /// The workload.
        object: String,
        /// The variable.
        variable: &'static str,
    },
    /// A setting that nobody knows before the pod runs.
    #[error("{object}: `{variable}` is known only when the pod runs: it comes from {source_of_value}")]
    #[diagnostic(
        code(stateproof::workload::unknown_setting),
        help(
            "set it from a value, a Secret or a ConfigMap of the set, or say it in stateproof.toml: stateproof has to log in with it"
        )
    )]
    UnknownSetting {
        /// The workload.
        object: String,
        /// The variable.
        variable: String,
        /// Where it comes from.
        source_of_value: String,
    },
    /// A StatefulSet whose members are not counted from 0.
    #[error("{object} counts its members from {start}")]
    #[diagnostic(
        code(stateproof::workload::ordinals_start),
        help("leave `spec.ordinals` out: stateproof looks for the members from 0 on")
    )]
    OrdinalsStart {
        /// The StatefulSet.
        object: String,
        /// The first member's ordinal.
        start: i32,
    },
}
