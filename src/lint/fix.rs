use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::Lint;
use crate::manifest::{Edit, Manifest, ManifestSet};

/// One change that mends a finding, and what it makes of the object.
#[derive(Clone, Debug)]
pub(super) struct Fix {
    edit: Edit,
    /// The object, as it is told from others of its file.
    object: String,
    pointer: String,
    value: Value,
}

impl Fix {
    /// Puts a field behind a sibling that is there.
    pub(super) fn insert(manifest: &Manifest, sibling: &str, name: &str, value: &Value) -> Option<Self> {
        let (around, _) = sibling.rsplit_once('/')?;
        let edit = manifest.insert_behind(sibling, name, &plain(value))?;
        Some(Self {
            edit,
            object: identity(manifest),
            pointer: format!("{around}/{name}"),
            value: value.clone(),
        })
    }

    /// Gives a field that is there another value.
    pub(super) fn replace(manifest: &Manifest, pointer: &str, value: &Value) -> Option<Self> {
        Some(Self {
            edit: manifest.replace(pointer, &plain(value))?,
            object: identity(manifest),
            pointer: pointer.to_owned(),
            value: value.clone(),
        })
    }
}

/// A file with what could be mended in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// How many findings are mended.
    pub fixes: usize,
    /// The file's new text; what was not mended is byte for byte the same.
    pub text: String,
}

/// Why a file's findings are not mended.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FixError {
    /// It changed since it was read, or came from somewhere else.
    #[error("{file} is no longer what was looked at")]
    Changed {
        /// The file.
        file: String,
    },
    /// The change would have done more than it was meant to.
    #[error("{file}: mending it would change more than what was found, such as what an alias repeats")]
    MoreThanMeant {
        /// The file.
        file: String,
    },
}

/// Mends what can be mended with certainty, file by file. `texts` are the files' texts by the names they were read
/// under; a file without one is left alone.
///
/// The new text is read again and compared: it must declare what it declared before and the mended fields, and nothing
/// else.
///
/// # Errors
/// Per file, why nothing is mended in it.
#[must_use]
pub fn fix(lint: &Lint, texts: &BTreeMap<String, String>) -> BTreeMap<String, Result<Fixed, FixError>> {
    let mut by_file: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for fix in lint.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        by_file.entry(&fix.edit.file).or_default().push(fix);
    }
    by_file
        .into_iter()
        .filter_map(|(file, fixes)| {
            let text = texts.get(file)?;
            Some((file.to_owned(), fix_file(file, text, fixes)))
        })
        .collect()
}

fn fix_file(file: &str, text: &str, mut fixes: Vec<&Fix>) -> Result<Fixed, FixError> {
    let changed = || FixError::Changed {
        file: file.to_owned(),
    };
    let more = || FixError::MoreThanMeant {
        file: file.to_owned(),
    };
    // A byte order mark is not counted.
    let offset = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.edit.range.start));
    fixes.dedup_by(|one, other| one.edit == other.edit);
    let mut new = text.to_owned();
    for fix in &fixes {
        let range = fix.edit.range.start + offset..fix.edit.range.end + offset;
        if new.get(range.clone()).is_none() {
            return Err(changed());
        }
        new.replace_range(range, &fix.edit.text);
    }
    let before = objects(file, text).ok_or_else(changed)?;
    let after = objects(file, &new).ok_or_else(more)?;
    let mut meant = before;
    for fix in &fixes {
        let object = meant.get_mut(&fix.object).ok_or_else(changed)?;
        set(object, &fix.pointer, &fix.value).ok_or_else(changed)?;
    }
    if meant != after {
        return Err(more());
    }
    Ok(Fixed {
        fixes: fixes.len(),
        text: new,
    })
}

fn objects(file: &str, text: &str) -> Option<BTreeMap<String, Value>> {
    let set = ManifestSet::from_str(file, text).ok()?;
    Some(
        set.iter()
            .map(|manifest| (identity(manifest), manifest.json().clone()))
            .collect(),
    )
}

fn identity(manifest: &Manifest) -> String {
    format!("{} {manifest}", manifest.api_version())
}

fn set(object: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (around, name) = pointer.rsplit_once('/')?;
    let fields = object.pointer_mut(around)?.as_object_mut()?;
    fields.insert(name.to_owned(), value.clone());
    Some(())
}

/// A value that needs no quotes, as YAML has it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
