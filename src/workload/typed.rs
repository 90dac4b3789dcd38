use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::DiscoverError;
use crate::manifest::{Manifest, Problem};

/// A manifest as the type that Kubernetes has for it.
pub(super) fn typed<T: DeserializeOwned>(manifest: &Manifest) -> Result<T, Problem> {
    typed_at(manifest, "")
}

/// A part of a manifest, by its JSON pointer, as the type that Kubernetes has for it.
pub(super) fn typed_at<T: DeserializeOwned>(manifest: &Manifest, part: &str) -> Result<T, Problem> {
    let json = manifest.json().pointer(part).unwrap_or(&Value::Null);
    serde_path_to_error::deserialize(json).map_err(|error| {
        let inner: String = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(format!("/{index}")),
                Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect();
        let pointer = format!("{part}{inner}");
        let fault = fault(&error.inner().to_string(), manifest.json().pointer(&pointer));
        let label = format!("this {fault}");
        Problem::new(DiscoverError::WrongShape {
            object: manifest.to_string(),
            field: error.path().to_string(),
            fault,
        })
        .at(manifest.locate(&pointer), label)
    })
}

/// What is wrong, without the value: it may be a password.
fn fault(message: &str, found: Option<&Value>) -> String {
    if message.starts_with("missing field") {
        return format!("lacks a field: {message}");
    }
    let found = match found {
        None | Some(Value::Null) => "nothing",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "a mapping",
    };
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("is {found}, expected {expected}"),
        None => format!("is {found} that cannot be decoded"),
    }
}
