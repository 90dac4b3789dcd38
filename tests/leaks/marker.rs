use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::support::marker::Marker;

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

/// What JSON escapes is found too, whoever wrote it.
#[test]
fn a_marker_that_is_printed_as_json_is_found() {
    let secret = "pl4nted'\"\\비밀🔑";
    let marker = Marker::new(secret);
    let printed = serde_json::json!({ "level": secret }).to_string();
    assert_eq!(marker.found_in(&printed), Some("JSON-escaped"), "{printed}");
    let printed = r#"{"level":"pl4nted'\"\\\ube44\ubc00\ud83d\udd11"}"#;
    assert_eq!(marker.found_in(printed), Some("JSON-escaped, in ASCII"));
    let debugged = format!("{:?}", serde_json::json!(secret));
    assert!(marker.found_in(&debugged).is_some(), "{debugged}");
}
