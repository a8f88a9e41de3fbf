//! How fast a season is shown: [`Pace`], and how often it is drawn: [`Frames`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

/// Days of the season in a second of real time.
///
/// ```
/// use core::time::Duration;
/// use gofarm_examples::season::live::Pace;
///
/// let pace = Pace::new(4.0)?;
/// // The second day is over after half a second; 0.2 s have passed.
/// assert_eq!(pace.left(2, Duration::from_millis(200)), Duration::from_millis(300));
/// # Ok::<(), gofarm_examples::season::live::PaceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    days_per_second: f64,
}

/// A pace that nobody could watch.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a pace of {0} days per second is outside {min}..={max}", min = Pace::SLOWEST, max = Pace::FASTEST)]
pub struct PaceError(f64);

impl Pace {
    /// The slowest, in days per second: a day in 100 s.
    pub const SLOWEST: f64 = 0.01;
    /// The fastest, in days per second.
    pub const FASTEST: f64 = 1_000.0;
    /// Four days a second: a season of 145 days in 36 s.
    pub const DEFAULT: Self = Self {
        days_per_second: 4.0,
    };

    /// A pace of so many days per second.
    ///
    /// # Errors
    /// [`PaceError`] if it is outside [`Pace::SLOWEST`] to [`Pace::FASTEST`].
    pub fn new(days_per_second: f64) -> Result<Self, PaceError> {
        if (Self::SLOWEST..=Self::FASTEST).contains(&days_per_second) {
            Ok(Self { days_per_second })
        } else {
            Err(PaceError(days_per_second))
        }
    }

    /// How long to wait after `days` were played, if the first began `since_start` ago.
    #[must_use]
    pub fn left(self, days: usize, since_start: Duration) -> Duration {
        let due = Duration::try_from_secs_f64(days as f64 / self.days_per_second);
        due.unwrap_or(Duration::MAX).saturating_sub(since_start)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Classify for PaceError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// At most 20 redraws in a second of real time: more is work that nobody sees.
///
/// ```
/// use core::time::Duration;
/// use gofarm_examples::season::live::Frames;
///
/// let mut frames = Frames::default();
/// let due: Vec<bool> =
///     [0, 10, 50, 99, 100].map(|ms| frames.is_due(Duration::from_millis(ms))).into();
/// assert_eq!(due, [true, false, true, false, true]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    next: Duration,
}

impl Frames {
    /// The least time between two redraws.
    pub const EVERY: Duration = Duration::from_millis(50);

    /// Whether to draw now, so long after the start; if so, it counts as drawn.
    pub fn is_due(&mut self, since_start: Duration) -> bool {
        let is_due = since_start >= self.next;
        if is_due {
            self.next = since_start.saturating_add(Self::EVERY);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pace_that_nobody_could_watch_is_refused() {
        for bad in [0.0, -1.0, 0.001, 1e9, f64::NAN, f64::INFINITY] {
            let error = Pace::new(bad).unwrap_err();
            assert!(
                error.to_string().ends_with("is outside 0.01..=1000"),
                "{error}"
            );
        }
        let season = Pace::DEFAULT.left(145, Duration::ZERO);
        assert_eq!(season, Duration::from_millis(36_250));
        assert_eq!(
            Pace::DEFAULT
                .left(usize::MAX, Duration::ZERO)
                .subsec_nanos(),
            0
        );
    }

    proptest! {
        #[test]
        fn there_are_never_more_than_20_redraws_in_a_second(
            steps in prop::collection::vec(0_u64..200, 1..200),
        ) {
            let mut frames = Frames::default();
            let mut now = Duration::ZERO;
            let mut drawn = Vec::new();
            for step in steps {
                now += Duration::from_millis(step);
                if frames.is_due(now) {
                    drawn.push(now);
                }
            }
            for (n, first) in drawn.iter().enumerate() {
                let within = drawn[n..].iter().filter(|at| **at - *first < Duration::from_secs(1));
                prop_assert!(within.count() <= 20);
            }
        }
    }
}
