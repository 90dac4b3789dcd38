use std::io;

use miette::Diagnostic;
use thiserror::Error;

/// What can be wrong with manifests, before anything is known of what they deploy.
#[derive(Debug, Error, Diagnostic)]
pub enum ManifestError {
    /// An input that does not exist.
    #[error("no such file or directory: {path}")]
    #[diagnostic(
        code(stateproof::manifest::not_found),
        help("name a directory or a file of manifests, or `-` for standard input")
    )]
    NotFound {
        /// The path as it was given.
        path: String,
    },
    /// An input that cannot be read.
    #[error("{path} cannot be read: {source}")]
    #[diagnostic(
        code(stateproof::manifest::unreadable),
        help("make it readable for this user, or leave it out")
    )]
    Unreadable {
        /// The path.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Inputs without a single Kubernetes object.
    #[error("no Kubernetes object in {path}")]
    #[diagnostic(
        code(stateproof::manifest::no_manifests),
        help(
            "of a directory, *.yaml, *.yml and *.json are read, subdirectories included, but nothing whose name begins with a dot"
        )
    )]
    NoManifests {
        /// The inputs.
        path: String,
    },
    /// Bytes that are not text.
    #[error("not UTF-8 text")]
    #[diagnostic(
        code(stateproof::manifest::not_text),
        help("save the file as UTF-8, or leave it out")
    )]
    NotText,
    /// Text that is not YAML, or YAML that Kubernetes does not take.
    #[error("not YAML: {reason}")]
    #[diagnostic(
        code(stateproof::manifest::not_yaml),
        help(
            "correct the file at this place; a template is rendered first: `helm template … | stateproof verify -`"
        )
    )]
    NotYaml {
        /// What the parser said.
        reason: String,
    },
    /// A mapping that has a key twice.
    #[error("the key `{key}` stands twice in one mapping")]
    #[diagnostic(
        code(stateproof::manifest::duplicate_key),
        help("keep one of the two: which of them would count is not defined")
    )]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// An input that is larger or nested deeper than any manifest is.
    #[error("more than {limit}")]
    #[diagnostic(
        code(stateproof::manifest::too_large),
        help("Kubernetes itself stores no object over 1.5 MiB; is this a manifest?")
    )]
    TooLarge {
        /// The limit that was passed.
        limit: String,
    },
    /// A kustomization, which is a recipe for manifests and not one itself.
    #[error("a kustomization is not applied as it is")]
    #[diagnostic(
        code(stateproof::manifest::kustomization),
        help("run `kustomize build … | stateproof verify -`")
    )]
    Kustomization,
    /// A Helm chart, which is a recipe for manifests and not one itself.
    #[error("a Helm chart is not applied as it is")]
    #[diagnostic(
        code(stateproof::manifest::helm_chart),
        help("run `helm template … | stateproof verify -`")
    )]
    HelmChart,
    /// A document that is no object at all.
    #[error("not a Kubernetes object: expected a mapping, found {found}")]
    #[diagnostic(
        code(stateproof::manifest::not_an_object),
        help(
            "a manifest has `apiVersion`, `kind` and `metadata.name`; leave out files that are no manifests"
        )
    )]
    NotAnObject {
        /// What stands there instead.
        found: &'static str,
    },
    /// An object without a field that every object has.
    #[error("not a Kubernetes object: `{field}` is {fault}")]
    #[diagnostic(
        code(stateproof::manifest::field_missing),
        help(
            "a manifest has `apiVersion`, `kind` and `metadata.name`; leave out files that are no manifests"
        )
    )]
    FieldMissing {
        /// The field.
        field: &'static str,
        /// `missing`, or what it is instead of text.
        fault: String,
    },
    /// A file of settings that is not one mapping.
    #[error("one mapping of settings was expected, found {found}")]
    #[diagnostic(
        code(stateproof::manifest::not_settings),
        help("a file of settings holds one YAML document, a mapping")
    )]
    NotSettings {
        /// What stands there instead.
        found: &'static str,
    },
    /// A setting of the wrong type.
    #[error("the setting `{field}` {fault}")]
    #[diagnostic(
        code(stateproof::manifest::wrong_setting),
        help("correct it, or leave it out")
    )]
    WrongSetting {
        /// The setting, for example `nodes[0].role`.
        field: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Two different manifests of one object.
    #[error("{object} is declared twice, and differently: first at {first}")]
    #[diagnostic(
        code(stateproof::manifest::declared_twice),
        help("keep one of the two, or verify each variant by itself")
    )]
    DeclaredTwice {
        /// Kind, namespace and name.
        object: String,
        /// Where it is declared first.
        first: String,
    },
}
