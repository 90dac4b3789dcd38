use std::ops::Range;

use serde_json::Value;

use super::spot::{Document, Parts, Spot};

/// Words in a field's or a variable's name that make its value a secret.
const TELLTALE: [&str; 6] = ["pass", "secret", "token", "credential", "private", "apikey"];

/// Masks in a manifest file's text what no output may show: a Secret's data, and every value whose field or
/// variable is named like a password. Bytes, characters and lines stay where they are.
pub(super) fn mask(text: &str, documents: &[Document]) -> String {
    let mut secrets = Vec::new();
    for document in documents {
        collect(&document.value, &document.spot, &mut secrets);
    }
    in_addresses(text, &mut secrets);
    secrets.sort_by_key(|range| range.start);

    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for secret in secrets {
        if secret.start < done {
            continue;
        }
        masked.push_str(&text[done..secret.start]);
        masked.extend(text[secret.clone()].chars().map(masking));
        done = secret.end;
    }
    masked.push_str(&text[done..]);
    masked
}

/// The passwords in addresses, `mongodb://user:password@host`, under whatever name they stand.
fn in_addresses(text: &str, secrets: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("://") {
        let begin = at + "://".len();
        let rest = &text[begin..];
        let authority = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?'))
            .map_or(rest, |end| &rest[..end]);
        let Some(user) = authority.rfind('@') else {
            continue;
        };
        if let Some(colon) = authority[..user].find(':') {
            secrets.push(begin + colon + 1..begin + user);
        }
    }
}

/// Whether a line of a text that could not be read may hold a secret: it, or the name in the line before it,
/// reads like one.
pub(super) fn suspicious(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[..start].trim_end_matches('\n');
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    TELLTALE
        .iter()
        .any(|word| text[start..end].to_ascii_lowercase().contains(word))
}

pub(super) fn telltale(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    // A secret's name, `secretName`, is not the secret.
    !name.ends_with("name") && TELLTALE.iter().any(|word| name.contains(word))
}

fn collect(value: &Value, spot: &Spot, secrets: &mut Vec<Range<usize>>) {
    match (value, &spot.parts) {
        (Value::Object(fields), Parts::Fields(spots)) => {
            let kind = fields.get("kind").and_then(Value::as_str);
            let named_secret = fields.get("name").and_then(Value::as_str).is_some_and(telltale);
            for (name, part) in spots {
                let of_secret = kind == Some("Secret") && (name == "data" || name == "stringData");
                if of_secret {
                    every_text(part, secrets);
                } else if telltale(name) || (named_secret && name == "value") {
                    // A mapping that is named like a secret, `secretKeyRef`, says only where to find it.
                    if matches!(part.parts, Parts::None) {
                        secrets.push(part.value.clone());
                        continue;
                    }
                }
                if let Some(field) = fields.get(name) {
                    collect(field, part, secrets);
                }
            }
        }
        (Value::Array(items), Parts::Items(spots)) => {
            for (item, part) in items.iter().zip(spots) {
                collect(item, part, secrets);
            }
        }
        _ => {}
    }
}

fn every_text(spot: &Spot, secrets: &mut Vec<Range<usize>>) {
    match &spot.parts {
        Parts::None => secrets.push(spot.value.clone()),
        Parts::Items(items) => items.iter().for_each(|item| every_text(item, secrets)),
        Parts::Fields(fields) => fields.values().for_each(|field| every_text(field, secrets)),
    }
}

/// A character of as many bytes that says nothing.
fn masking(character: char) -> char {
    match character.len_utf8() {
        _ if character == '\n' || character == '\r' => character,
        1 => '*',
        2 => '×',
        3 => '•',
        _ => '🔒',
    }
}
