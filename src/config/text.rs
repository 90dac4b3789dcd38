//! Values that a file writes as text.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::plan::End;
use crate::workload::Declaration;

/// What a duration is taken for, wherever one is written wrong.
pub(super) const DURATION: &str = "a number of seconds, or a text such as \"90s\" or \"5m\"";

/// A duration as a file, or a command line, has it: a number of seconds, or one with `s`, `m` or `h` behind it. None where
/// the text is none, or is no time at all.
///
/// ```
/// use std::time::Duration;
///
/// use stateproof::config::parse_duration;
///
/// assert_eq!(parse_duration("90"), parse_duration("90s"));
/// assert_eq!(parse_duration("5m"), Some(Duration::from_secs(300)));
/// assert_eq!(parse_duration("0"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let each = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(each)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    struct Written;
    impl Visitor<'_> for Written {
        type Value = Duration;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(DURATION)
        }

        fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
            match u64::try_from(seconds) {
                Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
                _ => Err(E::custom(format!("no duration, expected {DURATION}"))),
            }
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse_duration(text).ok_or_else(|| E::custom(format!("no duration, expected {DURATION}")))
        }
    }
    from.deserialize_any(Written).map(Some)
}

pub(super) fn ends<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<End>, D::Error> {
    let written = Vec::<String>::deserialize(from)?;
    let read = written.iter().map(|text| text.parse().map_err(D::Error::custom));
    read.collect()
}

pub(super) fn engine<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(from)?;
    if Declaration::ENGINES.contains(&name.as_str()) {
        return Ok(Some(name));
    }
    Err(D::Error::unknown_variant(&name, &Declaration::ENGINES))
}
