//! [`Range`]: where values lay lately, so that one absurd value cannot spoil what was learned.

/// Each bound moves so much of its way to a value inside.
const LEAK: f64 = 0.002;
/// A value may lie so many spans beyond the range before it is cut.
const REACH: f64 = 10.0;

/// The smallest and the largest value, of which old ones fade within some thousand steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    low: f64,
    high: f64,
}

impl Range {
    pub(super) const fn of(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Cuts a value that lies absurdly far outside, and widens the range to what is left of it.
    ///
    /// The span at which that happens is not less than the values themselves, so that a steady series may move; a
    /// level that really changed by orders of magnitude is accepted within a few steps.
    pub(super) fn admit(&mut self, value: f64) -> f64 {
        let size = (self.high - self.low).max(self.largest());
        let reach = if size > 0.0 { REACH * size } else { f64::MAX };
        let value = value.clamp(self.low - reach, self.high + reach);
        self.low = value.min(self.low + LEAK * (value - self.low));
        self.high = value.max(self.high + LEAK * (value - self.high));
        value
    }

    /// The nearest value that is at most half a span outside the range.
    pub(super) const fn bound(&self, forecast: f64) -> f64 {
        let half = (self.high - self.low) / 2.0;
        if forecast.is_nan() {
            return self.low + half;
        }
        forecast.clamp(self.low - half, self.high + half)
    }

    /// The largest absolute value of the range.
    pub(super) const fn largest(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    pub(super) const fn low(&self) -> f64 {
        self.low
    }

    pub(super) const fn high(&self) -> f64 {
        self.high
    }
}
