use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::Config;
use crate::plan::{Drill, Promise};
use crate::workload::Declaration;

/// The JSON Schema of `stateproof.toml`, for editors: `docs/schema/stateproof.toml.schema.json`.
///
/// ```
/// let schema = stateproof::config::schema();
/// assert_eq!(schema["properties"]["initiate_replica_set"]["type"][0], "boolean");
/// ```
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value()
}

pub(super) fn drills(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "enum": Drill::ALL.map(Drill::name) } })
}

pub(super) fn promises(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "enum": Promise::ALL.map(Promise::name) } })
}

pub(super) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "string", "pattern": "^[0-9]+[smh]?$" },
        ]
    })
}

pub(super) fn engine(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Declaration::ENGINES })
}
