use std::collections::BTreeSet;

use serde_json::Value;

use super::ManifestSet;
use super::secrecy::telltale;

/// What stands in a secret's place.
const MASK: &str = "***";

/// A secret shorter than this is masked only where it stands as a word of its own.
const SHORT: usize = 4;

/// A line of a longer text is a secret of its own from this length on.
const LINE: usize = 8;

/// The values in a set that no output may show: a Secret's data, and every value whose field or variable is named like
/// a password.
///
/// It has no `Debug`, and nothing gives the values back.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first: a secret may be part of another.
    values: Vec<String>,
}

impl Secrets {
    /// Those of a set. A value that stands elsewhere in it in the clear, as a name, is none.
    #[must_use]
    pub fn of(set: &ManifestSet) -> Self {
        let (mut secret, mut public) = (BTreeSet::new(), BTreeSet::new());
        for manifest in set.iter() {
            collect(manifest.json(), &mut secret, &mut public);
        }
        let mut values: BTreeSet<String> = BTreeSet::new();
        for value in secret.difference(&public) {
            let lines = value.lines().map(str::trim).filter(|line| line.len() >= LINE);
            let whole = std::iter::once(value.trim());
            for text in whole.chain(lines).filter(|text| !text.is_empty()) {
                values.insert(text.to_owned());
                // As JSON, and as Go's `%q`, would have it.
                let quoted = Value::from(text).to_string();
                values.insert(quoted[1..quoted.len() - 1].to_owned());
            }
        }
        let mut values: Vec<String> = values.into_iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { values }
    }

    /// Together with these, wherever they come from.
    #[must_use]
    pub fn and<'a>(mut self, others: impl IntoIterator<Item = &'a str>) -> Self {
        let others = others
            .into_iter()
            .map(str::trim)
            .filter(|other| !other.is_empty());
        for other in others {
            let quoted = Value::from(other).to_string();
            self.values.push(other.to_owned());
            self.values.push(quoted[1..quoted.len() - 1].to_owned());
        }
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        self.values.dedup();
        self
    }

    /// The text without them.
    ///
    /// ```
    /// use stateproof::manifest::{ManifestSet, Secrets};
    ///
    /// let set = ManifestSet::from_str("db.yaml", "
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// stringData: { POSTGRES_USER: db, POSTGRES_PASSWORD: hunter2 }
    /// ")?;
    /// let secrets = Secrets::of(&set);
    /// assert_eq!(secrets.mask("db: psql -p hunter2: No such file"), "db: psql -p ***: No such file");
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = without(&masked, value);
            }
        }
        masked
    }
}

fn without(text: &str, value: &str) -> String {
    let short = value.chars().count() < SHORT;
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        masked.push_str(before);
        let before = before.chars().last().or_else(|| masked.chars().last());
        let part_of_word = [before, after.chars().next()]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric);
        masked.push_str(if short && part_of_word { value } else { MASK });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// Puts every text of a manifest among the secrets or among what anybody may read.
fn collect(value: &Value, secret: &mut BTreeSet<String>, public: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let is_secret = fields.get("kind").and_then(Value::as_str) == Some("Secret");
            let named = fields.get("name").and_then(Value::as_str).is_some_and(telltale);
            for (name, field) in fields {
                if is_secret && name == "data" {
                    texts(field, &mut |text| {
                        secret.insert(text.to_owned());
                        secret.extend(decoded(text));
                    });
                } else if is_secret && name == "stringData" {
                    texts(field, &mut |text| {
                        secret.insert(text.to_owned());
                    });
                } else if (telltale(name) || (named && name == "value"))
                    && !field.is_object()
                    && !field.is_array()
                {
                    texts(field, &mut |text| {
                        secret.insert(text.to_owned());
                    });
                } else {
                    collect(field, secret, public);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, public)),
        Value::String(text) => {
            public.insert(text.clone());
        }
        _ => {}
    }
}

fn texts(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, take)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, take)),
        _ => {}
    }
}

/// A Secret's data as text, where it is text.
fn decoded(text: &str) -> Option<String> {
    let bytes: k8s_openapi::ByteString = serde_json::from_value(Value::from(text)).ok()?;
    String::from_utf8(bytes.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Secrets {
        Secrets::of(&ManifestSet::from_str("set.yaml", text).unwrap())
    }

    #[test]
    fn a_password_is_masked_wherever_it_was_declared() {
        let secrets = secrets(
            "
apiVersion: v1
kind: Secret
metadata: { name: db }
data: { root: cGE1NXcwcmQ= }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data: { MYSQL_PASSWORD: 'a\"b\\c%@ä' }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec: { template: { spec: { containers: [{ name: web, env: [{ name: DB_PASS, value: s3cr3t }, { name: DB_PASS2, value: web }] }] } } }
",
        );
        for (said, masked) in [
            ("login with pa55w0rd", "login with ***"),
            ("cGE1NXcwcmQ= is not a command", "*** is not a command"),
            ("sh: s3cr3t: not found", "sh: ***: not found"),
            ("exec a\"b\\c%@ä", "exec ***"),
            ("message: \"a\\\"b\\\\c%@ä\"", "message: \"***\""),
            // A name that everybody sees hides nothing.
            ("container web of Pod web-0", "container web of Pod web-0"),
        ] {
            assert_eq!(secrets.mask(said), masked, "{said}");
        }
    }

    #[test]
    fn a_short_one_is_masked_as_a_word_only() {
        let secrets = secrets(
            "
apiVersion: v1
kind: Secret
metadata: { name: s }
stringData: { password: ab }
",
        );
        assert_eq!(secrets.mask("about ab: about"), "about ***: about");
    }
}
