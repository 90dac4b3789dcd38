//! Kubernetes' quantities: `5Gi`, `250m`.

/// Whether two Kubernetes quantities are the same amount: the API server writes `5120Mi` as `5Gi`.
///
/// Source: Kubernetes' API reference, "Quantity".
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || matches!((parse(one), parse(other)), (Some(one), Some(other)) if one == other)
}

/// A quantity in thousandths, rounded up. None when it is none, or too large.
pub(crate) fn thousandths(text: &str) -> Option<u64> {
    let nano = parse(text)?;
    u64::try_from(nano.checked_add(999_999)?.div_euclid(1_000_000)).ok()
}

/// A quantity in thousand-millionths, the smallest unit there is. None when it is none, or too large.
fn parse(text: &str) -> Option<i128> {
    const NANO: i128 = 1_000_000_000;
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (times, over) = scale(suffix)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = digits.checked_mul(times)?.checked_mul(NANO)?;
    let divisor = shift.checked_mul(over)?;
    // What is finer than the smallest unit is rounded up, as Kubernetes does.
    let rounded_up = scaled % divisor > 0;
    (scaled / divisor).checked_add(i128::from(rounded_up))
}

/// A suffix as a factor and a divisor.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let power = |base: i128, exponent: u32| base.checked_pow(exponent);
    Some(match suffix {
        "n" => (1, power(1000, 3)?),
        "u" => (1, power(1000, 2)?),
        "m" => (1, 1000),
        "" => (1, 1),
        "k" => (1000, 1),
        "M" => (power(1000, 2)?, 1),
        "G" => (power(1000, 3)?, 1),
        "T" => (power(1000, 4)?, 1),
        "P" => (power(1000, 5)?, 1),
        "E" => (power(1000, 6)?, 1),
        "Ki" => (1024, 1),
        "Mi" => (power(1024, 2)?, 1),
        "Gi" => (power(1024, 3)?, 1),
        "Ti" => (power(1024, 4)?, 1),
        "Pi" => (power(1024, 5)?, 1),
        "Ei" => (power(1024, 6)?, 1),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let factor = power(10, exponent.unsigned_abs())?;
            if exponent < 0 { (1, factor) } else { (factor, 1) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{same, thousandths};

    #[test]
    fn thousandths_are_rounded_up() {
        assert_eq!(thousandths("250m"), Some(250));
        assert_eq!(thousandths("1"), Some(1000));
        assert_eq!(thousandths("1u"), Some(1));
        assert_eq!(thousandths("1Ki"), Some(1_024_000));
        assert_eq!(thousandths("much"), None);
        assert_eq!(thousandths("-1"), None);
    }

    #[test]
    fn the_same_amount_in_other_words_is_the_same() {
        for (one, other) in [
            ("5Gi", "5120Mi"),
            ("0.5Gi", "512Mi"),
            ("1e3", "1k"),
            ("1500m", "1.5"),
            ("1E", "1e18"),
            ("100M", "100000k"),
        ] {
            assert!(same(one, other), "{one} is {other}");
        }
    }

    #[test]
    fn another_amount_is_not_the_same() {
        for (one, other) in [
            ("5Gi", "5G"),
            ("5Gi", "6Gi"),
            ("1", "1m"),
            ("5Gi", "five"),
            ("", "0"),
        ] {
            assert!(!same(one, other), "{one} is not {other}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_compared_as_text() {
        assert!(same("5Gb", "5Gb"));
        assert!(!same("5Gb", "5GB"));
        assert!(!same("99999999999999999999999999999999999999Ei", "1"));
    }
}
