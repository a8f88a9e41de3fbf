//! [`AutonomyConfig`]: how slow to believe a link, and how slow to let work go again.

use core::time::Duration;

use crate::ConfigError;

/// The times of an [`Autonomy`](super::Autonomy).
///
/// Defaults: cut off after 60 s without the link, back after 5 min with it, at least 10 min in each mode, a tenth of the
/// battery to spare before work is let go again, a person is told after 72 h. One minute is twice what a link needs to
/// notice its own loss; ten minutes hold the changes of mode at 7 an hour.
///
/// ```
/// use gofarm_core::time::{hours, minutes};
/// use gofarm_sched::autonomy::AutonomyConfig;
///
/// let config = AutonomyConfig::new().least_stay(minutes(15));
/// assert_eq!(config.most_mode_changes(hours(1)), 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing by itself"]
pub struct AutonomyConfig {
    pub(super) cut_off_after: Duration,
    pub(super) return_after: Duration,
    pub(super) least_stay: Duration,
    pub(super) spare_charge: f32,
    pub(super) horizon: Duration,
}

impl AutonomyConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            cut_off_after: Duration::from_secs(60),
            return_after: Duration::from_secs(300),
            least_stay: Duration::from_secs(600),
            spare_charge: 0.1,
            horizon: Duration::from_secs(72 * 3_600),
        }
    }

    /// How long the link must be down without a break before the farm counts as cut off; 0 s to 1 h.
    pub const fn cut_off_after(mut self, time: Duration) -> Self {
        self.cut_off_after = time;
        self
    }

    /// How long the link must be up without a break before the farm counts as connected; 0 s to 24 h.
    pub const fn return_after(mut self, time: Duration) -> Self {
        self.return_after = time;
        self
    }

    /// How long each mode lasts at least, and how long work is held back at least; 1 s to 24 h.
    pub const fn least_stay(mut self, time: Duration) -> Self {
        self.least_stay = time;
        self
    }

    /// How much more than a threshold a battery must hold before work is let go again, 0..=0.5.
    pub const fn spare_charge(mut self, share: f32) -> Self {
        self.spare_charge = share;
        self
    }

    /// After how long cut off a person is told; from 1 min.
    pub const fn horizon(mut self, time: Duration) -> Self {
        self.horizon = time;
        self
    }

    /// The most changes of mode that any span of this length, both ends included, can hold.
    #[must_use]
    pub const fn most_mode_changes(&self, span: Duration) -> u64 {
        let stay = self.least_stay.as_micros();
        if stay == 0 {
            return u64::MAX;
        }
        let whole = span.as_micros() / stay;
        if whole >= u64::MAX as u128 {
            return u64::MAX;
        }
        #[expect(clippy::cast_possible_truncation, reason = "compared the line above")]
        {
            whole as u64 + 1
        }
    }

    /// The most changes of one work's [`Action`](super::Action) that any span of this length can hold.
    ///
    /// Work is let go at most as often as a mode may change, and can be held back twice in between (slowed, stopped).
    #[must_use]
    pub const fn most_action_changes(&self, span: Duration) -> u64 {
        self.most_mode_changes(span)
            .saturating_mul(3)
            .saturating_add(2)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let rules = [
            (
                self.cut_off_after <= hours(1),
                "cut_off_after",
                "from 0 s to 1 h",
            ),
            (
                self.return_after <= hours(24),
                "return_after",
                "from 0 s to 24 h",
            ),
            (
                (Duration::from_secs(1)..=hours(24)).contains(&self.least_stay),
                "least_stay",
                "from 1 s to 24 h",
            ),
            (
                (0.0..=0.5).contains(&self.spare_charge),
                "spare_charge",
                "from 0 to 0.5",
            ),
            (
                self.horizon >= Duration::from_secs(60),
                "horizon",
                "at least 1 min",
            ),
        ];
        match rules.iter().find(|(kept, _, _)| !kept) {
            Some((_, field, rule)) => Err(ConfigError::new(field, rule)),
            None => Ok(()),
        }
    }
}

impl Default for AutonomyConfig {
    fn default() -> Self {
        Self::new()
    }
}
