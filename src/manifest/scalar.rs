use std::borrow::Cow;

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

use super::spot::type_name;

/// A scalar's value, its style and tag considered.
pub(super) fn value(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let resolved =
        || resolve(&text).ok_or_else(|| format!("`{text}` is no number that Kubernetes can store"));
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain {
            resolved()
        } else {
            Ok(Value::String(text.into_owned()))
        };
    };
    let core = tag.is_yaml_core_schema().then_some(tag.suffix.as_str());
    let (value, fits): (Value, fn(&Value) -> bool) = match core {
        Some("str" | "timestamp") => return Ok(Value::String(text.into_owned())),
        Some("bool") => (resolved()?, Value::is_boolean),
        Some("int") => (resolved()?, |value| value.is_i64() || value.is_u64()),
        Some("float") => (resolved()?, Value::is_number),
        Some("null") => (resolved()?, Value::is_null),
        _ => return Err(format!("the tag `{tag}` means nothing to Kubernetes")),
    };
    if fits(&value) {
        Ok(value)
    } else {
        Err(format!("tagged `{tag}`, and is {}", type_name(&value)))
    }
}

/// A key as text: what is not text is written as JSON writes it, as kubectl does.
pub(super) fn key(value: Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("a key that is no text"),
    }
}

/// What an unquoted, untagged YAML scalar is to Kubernetes.
///
/// kubectl reads YAML with `sigs.k8s.io/yaml`, which resolves scalars as YAML 1.1: `yes`, `no`, `on`, `off`, `y`
/// and `n` are booleans, `0644` is octal, underscores in numbers do not count. The same is done here, traps
/// included: a manifest must mean here what it means to kubectl. Dates stay text, as there.
///
/// `None` for infinity and not-a-number, which JSON, and so the API server, does not have.
fn resolve(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => return None,
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    })
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| float(&plain))
}

/// An integer with Go's prefixes: `0x`, `0o`, `0b`, and a leading zero for octal.
fn integer(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hexadecimal) = lower.strip_prefix("0x") {
        (16, hexadecimal)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let signed = format!("{sign}{digits}");
    i64::from_str_radix(&signed, radix)
        .map(Number::from)
        .or_else(|_| u64::from_str_radix(&signed, radix).map(Number::from))
        .ok()
}

/// A decimal fraction. One without a fractional part is an integer in JSON, as Go's encoder writes it.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let decimal = text.len() - unsigned.len() <= 1
        && unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned
            .trim_start_matches('.')
            .starts_with(|first: char| first.is_ascii_digit())
        && unsigned
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !decimal {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let whole = (value.fract() == 0.0)
        .then(|| format!("{value:.0}").parse::<i64>().ok())
        .flatten();
    whole.map(Number::from).or_else(|| Number::from_f64(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_mean_what_they_mean_to_kubectl() {
        for (text, value) in [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("n", json!(false)),
            ("nO", json!("nO")),
            ("", json!(null)),
            ("~", json!(null)),
            ("5432", json!(5432)),
            ("-1", json!(-1)),
            ("+1", json!(1)),
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("08", json!(8)),
            ("1_000", json!(1000)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000)),
            ("5Gi", json!("5Gi")),
            ("100m", json!("100m")),
            ("1.2.3", json!("1.2.3")),
            ("2026-01-02", json!("2026-01-02")),
            ("-", json!("-")),
            ("--5", json!("--5")),
            ("0x", json!("0x")),
            ("1:30", json!("1:30")),
            ("é", json!("é")),
        ] {
            assert_eq!(resolve(text), Some(value), "{text:?}");
        }
        assert_eq!(resolve(".inf"), None);
        assert_eq!(resolve("-.INF"), None);
    }
}
