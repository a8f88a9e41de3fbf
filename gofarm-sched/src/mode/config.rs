//! [`ModeConfig`]: where modes begin and end.

use core::time::Duration;

use gofarm_core::time::{minutes, secs};

use crate::ConfigError;

/// Where modes begin and end, and how long each is kept.
///
/// The default: Breaker over 0.92 and back at 0.80; Predictive over a slope of 0.08 a period and back at 0.02, with a
/// spread of at most 0.15; periods of 5 s, and a dwell time of 2 min, which is at most 62 moves in any hour.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct ModeConfig {
    pub(super) trip_at: f32,
    pub(super) back_at: f32,
    pub(super) slope_at: f32,
    pub(super) slope_back: f32,
    pub(super) small_spread: f32,
    pub(super) period: Duration,
    pub(super) dwell: Duration,
}

impl ModeConfig {
    /// The default.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            trip_at: 0.92,
            back_at: 0.80,
            slope_at: 0.08,
            slope_back: 0.02,
            small_spread: 0.15,
            period: secs(5),
            dwell: minutes(2),
        }
    }

    /// The same with other bounds of the load: Breaker over `trip_at`, and back at `back_at`, which is lower.
    ///
    /// # Errors
    /// Not `0 <= back_at < trip_at < 1`.
    pub const fn load(mut self, trip_at: f32, back_at: f32) -> Result<Self, ConfigError> {
        if !(0.0 <= back_at && back_at < trip_at && trip_at < 1.0) {
            return Err(ConfigError::new("load", "0 <= back_at < trip_at < 1"));
        }
        (self.trip_at, self.back_at) = (trip_at, back_at);
        Ok(self)
    }

    /// The same with other bounds of the slope, in load a period: Predictive over `slope_at`, and back at `slope_back`.
    ///
    /// # Errors
    /// Not `slope_back < slope_at`, `slope_at` not above 0, or not finite.
    pub const fn slope(mut self, slope_at: f32, slope_back: f32) -> Result<Self, ConfigError> {
        let in_order = slope_back < slope_at && slope_at > 0.0;
        if !(in_order && slope_back.is_finite() && slope_at.is_finite()) {
            return Err(ConfigError::new(
                "slope",
                "finite, slope_back < slope_at, and slope_at above 0",
            ));
        }
        (self.slope_at, self.slope_back) = (slope_at, slope_back);
        Ok(self)
    }

    /// The same with another bound of a small spread, at least 0: the standard deviation of the nodes' loads by
    /// themselves, which `NodeTable::spread` counts.
    ///
    /// # Errors
    /// It is below 0, or not finite.
    pub const fn small_spread(mut self, spread: f32) -> Result<Self, ConfigError> {
        if !(spread >= 0.0 && spread.is_finite()) {
            return Err(ConfigError::new("small_spread", "at least 0 and finite"));
        }
        self.small_spread = spread;
        Ok(self)
    }

    /// The same with other periods, of which the slope is taken over five.
    ///
    /// A period in which no load comes breaks the line: make it as long as the pace of the loads, or longer.
    ///
    /// # Errors
    /// Shorter than 1 ms.
    pub const fn period(mut self, period: Duration) -> Result<Self, ConfigError> {
        if period.as_millis() == 0 {
            return Err(ConfigError::new("period", "at least 1 ms"));
        }
        self.period = period;
        Ok(self)
    }

    /// The same with another dwell time: how long a mode is kept, except for Breaker.
    ///
    /// # Errors
    /// Shorter than 1 s.
    pub const fn dwell(mut self, dwell: Duration) -> Result<Self, ConfigError> {
        if dwell.as_secs() == 0 {
            return Err(ConfigError::new("dwell", "at least 1 s"));
        }
        self.dwell = dwell;
        Ok(self)
    }

    /// How often a node moves at most in any time of this length: `2 × (span / dwell + 1)`, rounded down before the 1.
    ///
    /// Two moves that are not into Breaker lie a dwell time apart, and between two moves into Breaker lies one out of it.
    #[must_use]
    pub const fn most_moves(&self, span: Duration) -> u64 {
        let dwells = span.as_micros() / self.dwell.as_micros();
        let moves = 2 * (dwells + 1);
        if moves > u64::MAX as u128 {
            u64::MAX
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "compared above")]
            let moves = moves as u64;
            moves
        }
    }
}

impl Default for ModeConfig {
    fn default() -> Self {
        Self::new()
    }
}
