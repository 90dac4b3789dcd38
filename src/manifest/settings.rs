use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::input::Input;
use super::pointer::pointer_of;
use super::source::Source;
use super::spot::{Document, Parts, Spot, type_name};
use super::text::Text;
use super::{ManifestError, Place, Problem};

/// A file of settings that is no manifest: one YAML or JSON document, with the place of every field.
///
/// ```
/// use stateproof::manifest::Settings;
///
/// let settings = Settings::from_str("k3d.yaml", "servers: 1\nagents: two\n")?;
/// assert_eq!(settings.json()["servers"], 1);
/// assert_eq!(settings.locate("/agents").to_string(), "k3d.yaml:2:9");
/// # Ok::<(), stateproof::manifest::Problem>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    json: Value,
    spot: Spot,
    source: Arc<Source>,
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is not YAML or JSON, or is anything but one mapping.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let name = path.display().to_string();
        match fs::read(path) {
            Ok(bytes) => Self::parse(Input { name, bytes }),
            Err(source) => Err(Problem::new(ManifestError::Unreadable { path: name, source })),
        }
    }

    /// Reads a text. The name stands for the file's in messages.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn from_str(name: &str, text: &str) -> Result<Self, Problem> {
        let (name, bytes) = (name.to_owned(), text.as_bytes().to_vec());
        Self::parse(Input { name, bytes })
    }

    fn parse(input: Input) -> Result<Self, Problem> {
        let Text {
            source,
            documents,
            problem,
        } = Text::parse(input)?;
        if let Some(problem) = problem {
            return Err(problem);
        }
        let mut documents = documents.into_iter().filter(|document| !document.value.is_null());
        let (first, second) = (documents.next(), documents.next());
        let Some(Document { value, spot }) = first else {
            let place = Place::without_text(&source, 0..0);
            return Err(Problem::new(ManifestError::NotSettings { found: "nothing" }).at(place, "here"));
        };
        let stray = match second {
            Some(second) => Some(("a second document", second.spot)),
            None if !value.is_object() => Some((type_name(&value), spot.clone())),
            None => None,
        };
        if let Some((found, spot)) = stray {
            let place = Place::new(Arc::clone(&source), spot.mark(source.text()));
            return Err(Problem::new(ManifestError::NotSettings { found }).at(place, "here"));
        }
        Ok(Self {
            json: value,
            spot,
            source,
        })
    }

    /// The settings as JSON. They may hold a token: they are for whom they are made for and for nothing that is
    /// printed.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Where a field stands, by its JSON pointer (RFC 6901). Of a field that is not there, the nearest one around it
    /// that is.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Place {
        self.place(self.spot.nearest(pointer))
    }

    /// Where the first field of this name stands, at whatever depth.
    #[must_use]
    pub fn locate_key(&self, name: &str) -> Option<Place> {
        find(&self.spot, name).map(|spot| Place::new(Arc::clone(&self.source), spot.key.clone()))
    }

    /// The settings as a type; fields that the type does not have are left out.
    ///
    /// # Errors
    /// With the place of the first field that does not fit.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_path_to_error::deserialize(&self.json).map_err(|error| {
            let pointer = pointer_of(error.path());
            let fault = error.inner().to_string();
            let expected = fault.rsplit_once(", expected ").map(|(_, expected)| expected);
            let found = self.json.pointer(&pointer).map_or("nothing", type_name);
            let fault = match expected {
                Some(expected) => format!("is {found}, expected {expected}"),
                None => format!("cannot be used: {fault}"),
            };
            let field = error.path().to_string();
            let label = format!("this {fault}");
            Problem::new(ManifestError::WrongSetting { field, fault }).at(self.locate(&pointer), label)
        })
    }

    fn place(&self, spot: &Spot) -> Place {
        Place::new(Arc::clone(&self.source), spot.mark(self.source.text()))
    }
}

fn find<'a>(spot: &'a Spot, name: &str) -> Option<&'a Spot> {
    match &spot.parts {
        Parts::None => None,
        Parts::Items(items) => items.iter().find_map(|item| find(item, name)),
        Parts::Fields(fields) => fields
            .get(name)
            .or_else(|| fields.values().find_map(|field| find(field, name))),
    }
}

/// What counts is what they say, not where.
impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for Settings {}

/// Without the content, which may hold a token.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.source.name())
    }
}
