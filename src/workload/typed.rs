use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Track;

use super::DiscoverError;
use crate::manifest::{Manifest, Problem, pointer_of, token};

/// A manifest as the type that Kubernetes has for it.
pub(super) fn typed<T: DeserializeOwned>(manifest: &Manifest) -> Result<T, Problem> {
    typed_at(manifest, "").map(|(object, _)| object)
}

/// A part of a manifest, by its JSON pointer, as the type that Kubernetes has for it; and the pointers of the fields that
/// the type does not have.
pub(super) fn typed_at<T: DeserializeOwned>(
    manifest: &Manifest,
    part: &str,
) -> Result<(T, Vec<String>), Problem> {
    let json = manifest.json().pointer(part).unwrap_or(&Value::Null);
    let (mut track, mut unknown) = (Track::new(), Vec::new());
    let tracked = serde_path_to_error::Deserializer::new(json, &mut track);
    let mut ignored = |path: serde_ignored::Path<'_>| unknown.push(format!("{part}{}", pointer(&path)));
    let read = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut ignored));
    let object = read.map_err(|error| {
        let path = track.path();
        let pointer = format!("{part}{}", pointer_of(&path));
        let fault = fault(&error.to_string(), manifest.json().pointer(&pointer));
        let label = format!("this {fault}");
        Problem::new(DiscoverError::WrongShape {
            object: manifest.to_string(),
            field: path.to_string(),
            fault,
        })
        .at(manifest.locate(&pointer), label)
    })?;
    Ok((object, unknown))
}

/// The path of a field that was ignored, as a JSON pointer.
fn pointer(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}/{index}", pointer(parent)),
        Path::Map { parent, key } => format!("{}/{}", pointer(parent), token(key)),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            pointer(parent)
        }
    }
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
