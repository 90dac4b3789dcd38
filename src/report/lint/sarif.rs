use std::fmt::Write;

use serde::Serialize;

use crate::lint::{Finding, Level, Lint, Rule, catalogue};
use crate::manifest::Place;

/// The findings as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), as code hosts take them in.
///
/// What is suppressed is in it, marked as such and with its reason.
///
/// ```
/// use stateproof::lint::lint;
/// use stateproof::manifest::ManifestSet;
/// use stateproof::report::sarif;
///
/// let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
/// let log: serde_json::Value = serde_json::from_str(&sarif(&lint(&set, "default"))).unwrap();
/// assert_eq!(log["version"], "2.1.0");
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
#[must_use]
pub fn sarif(lint: &Lint) -> String {
    let found = lint.findings.iter().map(|finding| ResultRow::of(finding, None));
    let suppressed = lint
        .suppressed
        .iter()
        .map(|suppressed| ResultRow::of(&suppressed.finding, Some(&suppressed.reason)));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "stateproof",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: catalogue().iter().map(|rule| Descriptor::of(rule)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: found.chain(suppressed).collect(),
        }],
    };
    // Nothing in it is a map with keys that are no text.
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

#[derive(Serialize)]
struct Log<'l> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'l>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'l> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<ResultRow<'l>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message<'static>,
    full_description: Message<'static>,
    help: Message<'static>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Message<'l> {
    text: &'l str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    source: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultRow<'l> {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: OwnedMessage,
    locations: [Location<'l>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'l>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<InSource<'l>>,
}

#[derive(Serialize)]
struct OwnedMessage {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'l> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'l>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct InSource<'l> {
    kind: &'static str,
    justification: &'l str,
}

impl Descriptor {
    fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id,
            short_description: Message { text: rule.title },
            full_description: Message { text: rule.why },
            help: Message { text: rule.mend },
            default_configuration: Configuration {
                level: level(rule.level),
            },
            properties: Properties { source: rule.source },
        }
    }
}

impl<'l> ResultRow<'l> {
    fn of(finding: &'l Finding, reason: Option<&'l str>) -> Self {
        let related = finding.marks[1..]
            .iter()
            .map(|(place, label)| location(place, Some(label)));
        Self {
            rule_id: finding.rule.id,
            rule_index: catalogue().iter().position(|rule| *rule == finding.rule),
            level: level(finding.level),
            message: OwnedMessage {
                text: format!("{}: {}", finding.object, finding.message),
            },
            locations: [location(finding.place(), None)],
            related_locations: related.collect(),
            suppressions: reason
                .into_iter()
                .map(|justification| InSource {
                    kind: "inSource",
                    justification,
                })
                .collect(),
        }
    }
}

fn location<'l>(place: &Place, label: Option<&'l str>) -> Location<'l> {
    let (end_line, end_column) = place.end();
    Location {
        physical_location: Physical {
            artifact_location: Artifact {
                uri: uri(place.file()),
            },
            region: Region {
                start_line: place.line(),
                start_column: place.column(),
                end_line,
                end_column,
            },
        },
        message: label.map(|text| Message { text }),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// A path as a URI reference (RFC 3986): what has no place in one is written as its bytes.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_a_uri() {
        for (path, expected) in [
            ("db/a b.yaml", "db/a%20b.yaml"),
            ("./db/é.yaml", "db/%C3%A9.yaml"),
            ("/srv/db.yaml", "file:///srv/db.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
