use std::fmt;

/// A stretch of a run that a picture shows, in microseconds since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    pub from: u64,
    pub to: u64,
    /// The time that the axis calls 0.
    pub origin: u64,
}

/// A place on a scale: thousandths of a percent of its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Percent(pub u64);

/// A mark of the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub at: Percent,
    pub label: String,
}

/// The whole, in [`Percent`]'s unit.
const WHOLE: u64 = 100_000;

/// How many ticks there are at most: their labels must have room on a narrow screen.
const TICKS: u64 = 6;

const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;

/// The steps that an axis may have; a longer one is made of whole hours.
const STEPS: [u64; 22] = [
    MILLISECOND,
    2 * MILLISECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    20 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    200 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    20 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    60 * MINUTE,
];

impl Scale {
    /// Whether anything of a span is on it.
    pub fn shows(self, from_us: u64, to_us: u64) -> bool {
        from_us <= self.to && to_us >= self.from
    }

    /// The place of a time; what lies outside is put on the edge.
    pub fn place(self, us: u64) -> Percent {
        let length = u128::from(self.length());
        let offset = u128::from(us.clamp(self.from, self.from.saturating_add(self.length())) - self.from);
        Percent(u64::try_from(offset * u128::from(WHOLE) / length).unwrap_or(WHOLE))
    }

    /// Which of so many equal columns a time falls in.
    pub fn column(self, us: u64, columns: usize) -> usize {
        let place = usize::try_from(self.place(us).0).unwrap_or(0);
        (place * columns / 100_000).min(columns.saturating_sub(1))
    }

    /// The marks of the axis, a step of whole units apart, one of them at the origin.
    pub fn ticks(self) -> Vec<Tick> {
        let wanted = self.length() / TICKS;
        let step = STEPS
            .into_iter()
            .find(|step| *step > wanted)
            .unwrap_or_else(|| (wanted / (60 * MINUTE) + 1).saturating_mul(60 * MINUTE));
        let start = match self.origin.checked_sub(self.from) {
            Some(before) => self.origin - before / step * step,
            None => self
                .origin
                .saturating_add((self.from - self.origin).div_ceil(step).saturating_mul(step)),
        };
        let mut ticks = Vec::new();
        for number in 0..=self.to.saturating_sub(start) / step {
            let us = start.saturating_add(number * step);
            if (self.from..=self.to).contains(&us) {
                let label = match us.checked_sub(self.origin) {
                    Some(after) => label(after),
                    None => format!("−{}", label(self.origin - us)),
                };
                ticks.push(Tick {
                    at: self.place(us),
                    label,
                });
            }
        }
        ticks
    }

    fn length(self) -> u64 {
        self.to.saturating_sub(self.from).max(1)
    }
}

impl Tick {
    /// Whether its label must not be centred, or it would stand out of the picture.
    pub fn edge(&self) -> &'static str {
        match self.at.0 {
            0..4_000 => "first",
            96_001.. => "last",
            _ => "",
        }
    }
}

impl Percent {
    /// How far it is from another one.
    pub fn from(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So much further.
    pub fn plus(self, width: Self) -> Self {
        Self(self.0 + width.0)
    }

    /// The middle of so wide a stretch that begins here.
    pub fn middle(self, width: Self) -> Self {
        Self(self.0 + width.0 / 2)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}%", self.0 / 1000, self.0 % 1000)
    }
}

/// A round time in its own unit.
fn label(us: u64) -> String {
    match us {
        0 => "0".to_owned(),
        _ if us < SECOND => format!("{} ms", us / MILLISECOND),
        _ if us.is_multiple_of(MINUTE) => format!("{} min", us / MINUTE),
        _ if us.is_multiple_of(SECOND) => format!("{} s", us / SECOND),
        _ => format!("{}.{} s", us / SECOND, us % SECOND / (100 * MILLISECOND)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Percent, Scale};

    fn scale(from: u64, to: u64, origin: u64) -> Scale {
        Scale { from, to, origin }
    }

    #[test]
    fn places_are_to_scale_and_never_outside() {
        let scale = scale(1_000_000, 3_000_000, 1_000_000);
        assert_eq!(scale.place(1_500_000).to_string(), "25.000%");
        assert_eq!(scale.place(0), Percent(0));
        assert_eq!(scale.place(u64::MAX), Percent(100_000));
        assert_eq!(
            [1_000_000, 1_999_999, 3_000_000].map(|us| scale.column(us, 10)),
            [0, 4, 9]
        );
    }

    #[test]
    fn ticks_are_round_and_few_whatever_the_length() {
        for to_us in [
            1,
            999,
            40_000,
            7_300_000,
            91_000_000,
            4_000_000_000,
            u64::MAX / 2,
            u64::MAX,
        ] {
            let ticks = scale(0, to_us, 0).ticks();
            assert!((1..=7).contains(&ticks.len()), "{to_us}: {ticks:?}");
        }
        let labels: Vec<_> = scale(10_000_000, 50_000_000, 22_500_000)
            .ticks()
            .into_iter()
            .map(|tick| tick.label)
            .collect();
        assert_eq!(labels, ["−10 s", "0", "10 s", "20 s"]);
    }

    #[test]
    fn a_scale_that_contradicts_itself_has_few_ticks_too() {
        let times = [0, 5, 1_000_000, u64::MAX / 2, u64::MAX - 3, u64::MAX];
        for from in times {
            for to in times {
                for origin in times {
                    let scale = scale(from, to, origin);
                    assert!(scale.ticks().len() <= 7, "{scale:?}");
                    for us in times {
                        assert!(scale.place(us) <= Percent(100_000), "{scale:?} {us}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_stretch_of_no_length_has_a_place_too() {
        assert_eq!(scale(5, 5, 5).place(5), Percent(0));
    }
}
