use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret that is looked for in all its usual disguises.
pub struct Marker {
    forms: Vec<(&'static str, String)>,
}

impl Marker {
    pub fn new(secret: &str) -> Self {
        let mut forms = vec![
            ("as it is", secret.to_owned()),
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

/// The negative twin: whatever form a secret is printed in, it is found.
#[test]
fn a_marker_that_is_printed_is_found_in_every_form() {
    let secret = "pl4nted/one+two=3?";
    let marker = Marker::new(secret);
    assert_eq!(marker.found_in("nothing of it, pl4nted/one+two=4?"), None);
    let url = "postgres://app:pl4nted%2Fone%2Btwo%3D3%3F@db";
    assert_eq!(marker.found_in(url), Some("percent-encoded"));
    assert_eq!(
        marker.found_in(
            &url.replace("%2F", "%2f")
                .replace("%2B", "%2b")
                .replace("%3D", "%3d")
                .replace("%3F", "%3f")
        ),
        Some("percent-encoded, in lower case")
    );
    for before in ["", "a", "ab", "abc:", "user:"] {
        for after in ["", "x", "yz"] {
            let joined = format!("{before}{secret}{after}");
            assert_eq!(marker.found_in(&joined), Some("as it is"));
            for encoded in [STANDARD_NO_PAD.encode(&joined), URL_SAFE_NO_PAD.encode(&joined)] {
                assert_eq!(marker.found_in(&encoded), Some("in base64"), "{joined}");
            }
            let debugged = format!("{:?}", joined.as_bytes());
            assert_eq!(marker.found_in(&debugged), Some("as a list of bytes"));
        }
    }
}
