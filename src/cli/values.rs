//! Values of the command line.

use std::time::Duration;

use stateproof::config::parse_duration;
use stateproof::manifest::check_override;

/// A number of seconds, minutes or hours.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a time, for example 180, 90s, 30m or 8h".to_owned())
}

/// Two names.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((one, other)) if !one.is_empty() && !other.is_empty() => Ok((one.to_owned(), other.to_owned())),
        _ => Err("expected two names with `=` between them".to_owned()),
    }
}

/// An image and what runs in its place.
pub(super) fn image_override(text: &str) -> Result<(String, String), String> {
    let (image, other) = pair(text)?;
    check_override(&image, &other)?;
    Ok((image, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_in_the_file() {
        for (text, seconds) in [("180", 180), ("90s", 90), ("5m", 300), ("8h", 28_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "0s", "m", "5d", "-1", "5m5", "99999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_stands_for_a_path() {
        assert!(image_override("docker.io/*=mirror.example/hub/*").is_ok());
        assert!(image_override("docker.io/*=mirror.example/hub").is_err());
        assert!(image_override("postgres=mirror.example/*").is_err());
    }
}
