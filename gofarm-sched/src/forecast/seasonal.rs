//! [`Seasonal`]: it will be as it was one cycle ago.

use super::Forecaster;
use crate::ConfigError;

/// Forecasts the value that was seen one cycle before; good where the day decides and little else.
///
/// `S` is the longest cycle that there is memory for, 4 bytes for each step. A gap leaves the value of the cycle
/// before in its place; a place of which nothing is known counts as the last value. It says nothing during the first
/// cycle.
///
/// ```
/// use gofarm_sched::forecast::{Forecaster, Seasonal};
///
/// let mut day = Seasonal::<24>::new(3)?;
/// for value in [1.0, 5.0, 2.0, 1.5] {
///     day.observe(value);
/// }
/// assert_eq!(day.path().take(4).collect::<Vec<_>>(), [5.0, 2.0, 1.5, 5.0]);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Seasonal<const S: usize> {
    /// The last value at each place of the cycle, NaN where there was none; the first `period` count.
    values: [f32; S],
    period: usize,
    /// The place of the next value.
    place: usize,
    /// A whole cycle was seen, or loaded.
    whole: bool,
    last: f32,
}

impl<const S: usize> Seasonal<S> {
    /// Nothing known yet; a cycle of `period` values, 2 to `S`.
    ///
    /// # Errors
    /// `period` is not in that range.
    pub const fn new(period: usize) -> Result<Self, ConfigError> {
        if period < 2 || period > S {
            return Err(ConfigError::new(
                "period",
                "from 2 to the longest cycle that there is memory for",
            ));
        }
        Ok(Self::of(period))
    }

    /// A cycle of `period` values, or one that never says anything for a period of 0.
    pub(super) const fn of(period: usize) -> Self {
        Self {
            values: [f32::NAN; S],
            period,
            place: 0,
            whole: false,
            last: 0.0,
        }
    }

    /// The length of the cycle, in values; 0 if there is none.
    #[must_use]
    pub const fn period(&self) -> usize {
        self.period
    }

    /// The value known for a place of the cycle, else the last one.
    pub(super) fn at(&self, place: usize) -> f32 {
        let value = self.values.get(place).copied().unwrap_or(f32::NAN);
        if value.is_nan() { self.last } else { value }
    }

    /// Whether a whole cycle is known.
    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes over a whole cycle of finite values; the next value belongs to `place`, modulo the period.
    pub(super) fn load(&mut self, period: usize, place: usize, cycle: impl Iterator<Item = f32>) {
        self.period = period;
        self.place = place.checked_rem(period).unwrap_or(0);
        self.values = [f32::NAN; S];
        for (value, loaded) in self.values.iter_mut().zip(cycle.take(period)) {
            *value = loaded;
        }
        self.whole = period > 0;
    }
}

impl<const S: usize> Forecaster for Seasonal<S> {
    fn observe(&mut self, value: f32) {
        if self.period == 0 {
            return;
        }
        if value.is_finite() {
            self.last = value;
            if let Some(known) = self.values.get_mut(self.place) {
                *known = value;
            }
        }
        self.place = (self.place + 1) % self.period;
        // The first cycle may be all gaps: then nothing is known yet.
        self.whole |= self.place == 0 && self.values.iter().any(|v| !v.is_nan());
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let mut place = self.place;
        core::iter::from_fn(move || {
            let value = self.whole.then(|| self.at(place))?;
            place = (place + 1) % self.period.max(1);
            Some(value)
        })
    }
}
