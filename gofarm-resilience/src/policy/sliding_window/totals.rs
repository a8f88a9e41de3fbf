//! What a window has counted: [`Totals`].

use core::time::Duration;

/// The calls in a window.
///
/// ```
/// use gofarm_resilience::policy::sliding_window::Totals;
///
/// assert_eq!(Totals::default().failure_rate(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Totals {
    pub(crate) calls: u32,
    pub(crate) failures: u32,
    pub(crate) slow: u32,
    pub(crate) over: u32,
    pub(crate) micros: u64,
}

impl Totals {
    /// All calls; neutral ones are not counted.
    #[must_use]
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// Those that failed.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Those that were slow, whether they succeeded or not.
    #[must_use]
    pub const fn slow(&self) -> u32 {
        self.slow
    }

    /// Those that were above the limit of the percentile.
    #[must_use]
    pub const fn above_percentile(&self) -> u32 {
        self.over
    }

    /// The failed part, 0.0 to 1.0; none without calls.
    #[must_use]
    pub fn failure_rate(&self) -> Option<f32> {
        self.part(self.failures)
    }

    /// The slow part, 0.0 to 1.0; none without calls.
    #[must_use]
    pub fn slow_rate(&self) -> Option<f32> {
        self.part(self.slow)
    }

    /// The average time of a call; none without calls or where no average is kept.
    #[must_use]
    pub fn average(&self) -> Option<Duration> {
        let micros = self.micros.checked_div(u64::from(self.calls))?;
        (self.micros > 0).then(|| Duration::from_micros(micros))
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn part(&self, part: u32) -> Option<f32> {
        (self.calls > 0).then(|| part as f32 / self.calls as f32)
    }
}
