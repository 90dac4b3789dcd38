use std::fmt::Write;

use serde_json::Value;
use stateproof::config;

use super::found::{Found, Known};

const INTRODUCTION: &str = "\
# What cannot be seen in the manifests: `stateproof verify` reads this file, which is beside them.
#
# Written by `stateproof init`, and yours to change. Every key that there is stands here, commented out, with its default,
# or with an example where it has none. The command line comes first, then the table of a workload, then what stands at the
# top. A key that there is not is an error, so that no setting is lost to a typo.
";

/// What stands behind a key.
enum Shown {
    /// What counts where nothing is said.
    Default(&'static str),
    /// An example, and what counts where nothing is said.
    Example(&'static str, &'static str),
}

use Shown::{Default, Example};

const TOP: [(&str, Shown); 10] = [
    ("drills", Example(r#"["lose-pod", "order"]"#, "all that apply")),
    ("skip", Default("[]")),
    ("only", Example(r#"["durability"]"#, "every promise")),
    ("deadline", Default(r#""180s""#)),
    (
        "expect_failure",
        Example(r#"["Pod/web-1:phase=Pending"]"#, "it is expected to hold"),
    ),
    ("initiate_replica_set", Default("false")),
    ("vantage_image", Default(r#""busybox:1.36""#)),
    ("image_overrides", Default("{}")),
    ("image_pull_secrets", Default("[]")),
    ("storage_classes", Default("{}")),
];

const CLUSTER: [(&str, Shown); 5] = [
    ("provider", Default(r#""kind""#)),
    ("name", Default(r#""stateproof""#)),
    (
        "config",
        Example(
            r#""../kind.yaml""#,
            "kind.yaml or k3d.yaml in the current directory, if there is one",
        ),
    ),
    (
        "nodes",
        Example("3", "as the provider's configuration file says, else one"),
    ),
    (
        "node_image",
        Example(
            r#""kindest/node:v1.35.0""#,
            "as the provider's configuration file says, else the provider's own",
        ),
    ),
];

const WORKLOAD: [(&str, Shown); 15] = [
    ("engine", Example(r#""postgresql""#, "as the manifests tell")),
    ("port", Example("5432", "as the manifests tell")),
    ("user", Example(r#""ledger""#, "as the manifests tell")),
    ("database", Example(r#""ledger""#, "as the manifests tell")),
    (
        "data_directory",
        Example(r#""/var/lib/data""#, "as the manifests tell"),
    ),
    (
        "password_env",
        Example(r#""LEDGER_PASSWORD""#, "the password that the manifests hold"),
    ),
    (
        "password_file",
        Example(r#""password.txt""#, "the password that the manifests hold"),
    ),
    (
        "password",
        Example(r#""for tests only""#, "the password that the manifests hold"),
    ),
    (
        "tls",
        Example(
            r#""require""#,
            "as with libpq's `prefer`, unless the manifests say otherwise",
        ),
    ),
    (
        "tls_ca",
        Example(
            r#""ca.crt""#,
            "the server's certificate is not checked; it goes with `tls = \"verify-full\"`",
        ),
    ),
    ("drills", Example(r#"["lose-pod", "order"]"#, "as at the top")),
    ("skip", Example(r#"["delete-claim"]"#, "as at the top")),
    ("only", Example(r#"["durability"]"#, "as at the top")),
    ("deadline", Example(r#""5m""#, "as at the top")),
    (
        "expect_failure",
        Example(r#"["Pod/web-1:phase=Pending"]"#, "it is expected to hold"),
    ),
];

/// The text of a `stateproof.toml` for a set.
pub fn settings(found: &Found) -> String {
    let schema = config::schema();
    let mut text = INTRODUCTION.to_owned();
    for (key, shown) in &TOP {
        let value = match shown {
            Default(value) | Example(value, _) => (*value).to_owned(),
        };
        entry(
            &mut text,
            Some(&schema["properties"]),
            key,
            &value,
            otherwise(shown),
        );
    }
    let _ = write!(
        text,
        "\n# {}\n[cluster]\n",
        described(&schema["properties"], "cluster")
    );
    let cluster = &schema["definitions"]["ClusterTable"]["properties"];
    for (key, shown) in &CLUSTER {
        let value = match shown {
            Default(value) | Example(value, _) => (*value).to_owned(),
        };
        entry(&mut text, Some(cluster), key, &value, otherwise(shown));
    }
    let of_workload = &schema["definitions"]["WorkloadTable"]["properties"];
    for (position, known) in found.workloads.iter().enumerate() {
        table(&mut text, known, (position == 0).then_some(of_workload));
    }
    if !found.left_alone.is_empty() {
        text.push_str("\n# Left alone:\n");
        for object in &found.left_alone {
            let _ = writeln!(
                text,
                "# - {}: {}",
                comment(&object.object),
                comment(&object.reason)
            );
        }
    }
    text
}

/// The table of a workload; the keys are explained in the first one only.
fn table(text: &mut String, known: &Known, descriptions: Option<&Value>) {
    let _ = write!(text, "\n# {}\n", comment(&known.what));
    if let Some(seen) = &known.untold {
        let _ = write!(
            text,
            "# NOT TOLD: {}.\n# Until `engine` is said here, `stateproof verify` refuses the set, since a database might go\n# unproven: `other` is one that stateproof does not speak, `none` leaves the workload alone.\n",
            comment(seen)
        );
    }
    let _ = writeln!(text, "[workload.{}]", quoted(&known.name));
    for (key, shown) in &WORKLOAD {
        let found = match *key {
            "engine" => known.engine.map(quoted),
            "port" => known.port.map(|port| port.to_string()),
            "user" => told(&known.user),
            "database" => told(&known.database),
            "data_directory" => told(&known.data_directory),
            _ => None,
        };
        match (found, shown) {
            (Some(found), _) => entry(text, descriptions, key, &found, None),
            (None, Default(value) | Example(value, _)) => {
                entry(text, descriptions, key, value, otherwise(shown));
            }
        }
    }
}

fn told(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| quoted(text))
}

fn otherwise(shown: &Shown) -> Option<&'static str> {
    match shown {
        Default(_) => None,
        Example(_, otherwise) => Some(otherwise),
    }
}

/// A key, commented out, below what the schema says of it.
fn entry(text: &mut String, descriptions: Option<&Value>, key: &str, value: &str, otherwise: Option<&str>) {
    if let Some(descriptions) = descriptions {
        text.push('\n');
        // The schema keeps the line breaks of the source.
        let mut said = described(descriptions, key).replace('\n', " ");
        if let Some(otherwise) = otherwise {
            let _ = write!(said, " (An example. Without it: {otherwise}.)");
        }
        for line in textwrap::wrap(&said, 110) {
            let _ = writeln!(text, "# {line}");
        }
    }
    let _ = writeln!(text, "# {key} = {value}");
}

fn described<'s>(properties: &'s Value, key: &str) -> &'s str {
    properties[key]["description"].as_str().unwrap_or_default()
}

/// A TOML basic string: JSON's escapes are TOML's, except that TOML wants one more control character escaped (TOML 1.0,
/// "String").
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// What a manifest says, on one line of a comment.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}
