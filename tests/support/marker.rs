//! What must not be said, and the forms in which it would be.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret that is looked for in all its usual disguises.
pub struct Marker {
    forms: Vec<(&'static str, String)>,
}

impl Marker {
    /// All of them.
    pub fn new(secret: &str) -> Self {
        let mut forms = vec![
            ("as it is", secret.to_owned()),
            ("JSON-escaped", json(secret)),
            ("JSON-escaped, in ASCII", ascii(&json(secret))),
            ("percent-encoded", percent(secret, |byte| format!("%{byte:02X}"))),
            (
                "percent-encoded, in lower case",
                percent(secret, |byte| format!("%{byte:02x}")),
            ),
            ("in hexadecimal", bytes(secret, "", |byte| format!("{byte:02x}"))),
            ("as a list of bytes", bytes(secret, ", ", |byte| byte.to_string())),
        ];
        for ahead in 0..3 {
            // What is encoded with it shifts it: the characters that hold bits of a neighbour are left out.
            let shifted = [&vec![b'-'; ahead], secret.as_bytes()].concat();
            for encoding in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let text = encoding.encode(&shifted);
                let own = (ahead * 8).div_ceil(6)..shifted.len() * 8 / 6;
                forms.push(("in base64", text[own].to_owned()));
            }
        }
        Self { forms }
    }

    /// How the text has it.
    pub fn found_in(&self, text: &str) -> Option<&'static str> {
        let mut forms = self.forms.iter();
        forms
            .find(|(_, form)| text.contains(form.as_str()))
            .map(|(name, _)| *name)
    }
}

/// Between the quotes of a JSON string (RFC 8259, section 7).
fn json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The same as those write it who write no character beyond ASCII.
fn ascii(json: &str) -> String {
    let escaped = |unit: &u16| format!("\\u{unit:04x}");
    json.chars()
        .map(|c| match c.encode_utf16(&mut [0; 2]) {
            _ if c.is_ascii() => c.to_string(),
            units => units.iter().map(escaped).collect::<Vec<_>>().concat(),
        })
        .collect()
}

fn percent(secret: &str, encoded: fn(u8) -> String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    secret
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                encoded(byte)
            }
        })
        .collect()
}

fn bytes(secret: &str, between: &str, one: fn(u8) -> String) -> String {
    secret.bytes().map(one).collect::<Vec<_>>().join(between)
}
