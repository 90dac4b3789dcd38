use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::source::Source;
use super::spot::{Document, Spot, type_name};
use super::{ManifestError, Place, Problem};

/// One Kubernetes object as it is declared.
#[derive(Clone)]
pub struct Manifest {
    source: Arc<Source>,
    pub(super) json: Value,
    spot: Spot,
}

impl Manifest {
    /// Takes a document that has what every object has: `apiVersion`, `kind` and `metadata.name`.
    pub(super) fn new(source: &Arc<Source>, document: Document) -> Result<Self, Problem> {
        let manifest = Self {
            source: Arc::clone(source),
            json: document.value,
            spot: document.spot,
        };
        if !manifest.json.is_object() {
            let found = type_name(&manifest.json);
            return Err(Problem::new(ManifestError::NotAnObject { found })
                .at(manifest.place(), "this is no Kubernetes object"));
        }
        for (field, pointer) in [
            ("apiVersion", "/apiVersion"),
            ("kind", "/kind"),
            ("metadata.name", "/metadata/name"),
        ] {
            let fault = match manifest.json.pointer(pointer) {
                Some(Value::String(text)) if !text.is_empty() => continue,
                None | Some(Value::Null) => "missing".to_owned(),
                Some(Value::String(_)) => "empty".to_owned(),
                Some(other) => format!("{}, not text", type_name(other)),
            };
            let label = format!("`{field}` is {fault}");
            return Err(Problem::new(ManifestError::FieldMissing { field, fault })
                .at(manifest.locate(pointer), label));
        }
        Ok(manifest)
    }

    /// Its `apiVersion`, for example `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> &str {
        text(&self.json["apiVersion"]).unwrap_or_default()
    }

    /// Its `kind`, for example `StatefulSet`.
    #[must_use]
    pub fn kind(&self) -> &str {
        text(&self.json["kind"]).unwrap_or_default()
    }

    /// Its `metadata.name`.
    #[must_use]
    pub fn name(&self) -> &str {
        text(&self.json["metadata"]["name"]).unwrap_or_default()
    }

    /// Its `metadata.namespace`, when it names one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        text(&self.json["metadata"]["namespace"])
    }

    /// The object as JSON, as it is sent to the API server.
    ///
    /// It may hold passwords: it is for the API server and for nothing that is printed.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Where it is declared.
    #[must_use]
    pub fn place(&self) -> Place {
        self.locate("")
    }

    /// Where a field stands, by its JSON pointer (RFC 6901), for example `/spec/template/spec/containers/0/image`.
    /// Of a field that is not there, the nearest one around it that is.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Place {
        let mark = self.spot.nearest(pointer).mark(self.source.text());
        Place::new(Arc::clone(&self.source), mark)
    }

    /// Where a text stands within a field that holds more of it, such as a line of a script: the line that has it.
    /// Where it does not stand there as it is written, for example for its escapes, the field.
    #[must_use]
    pub fn locate_in(&self, pointer: &str, text: &str) -> Place {
        let spot = self.spot.nearest(pointer);
        let whole = self.source.text().get(spot.value.clone()).unwrap_or_default();
        let needle = text.trim();
        match whole.find(needle).filter(|_| !needle.is_empty()) {
            Some(at) => {
                let start = spot.value.start + at;
                Place::new(Arc::clone(&self.source), start..start + needle.len())
            }
            None => self.locate(pointer),
        }
    }

    /// Whether a place is within this object.
    #[must_use]
    pub fn holds(&self, place: &Place) -> bool {
        place.begins_in(&self.source, &self.spot.value)
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(super) fn spot(&self) -> &Spot {
        &self.spot
    }

    /// The `spec` of the pods that it makes, and the JSON pointer to it. `None` for what makes no pods.
    #[must_use]
    pub fn pod_spec(&self) -> Option<(&'static str, &Value)> {
        let pointer = match self.kind() {
            "Pod" => "/spec",
            "CronJob" => "/spec/jobTemplate/spec/template/spec",
            _ => "/spec/template/spec",
        };
        let spec = self.json.pointer(pointer)?;
        spec.get("containers")?.as_array()?;
        Some((pointer, spec))
    }

    /// The images of its pods' containers, init containers first, as the manifest names them.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        let spec = self.pod_spec().map(|(_, spec)| spec);
        ["initContainers", "containers"]
            .into_iter()
            .filter_map(move |list| spec?.get(list)?.as_array())
            .flatten()
            .filter_map(|container| container.get("image")?.as_str())
    }
}

/// A text that is not empty. Not by a JSON pointer: of thousands of objects the names are compared again and again.
fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// Kind, namespace and name: `StatefulSet postgresql-prod/postgres`.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind())?;
        if let Some(namespace) = self.namespace() {
            write!(f, "{namespace}/")?;
        }
        f.write_str(self.name())
    }
}

/// Without the content, which may hold passwords.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({self} at {})", self.place())
    }
}
