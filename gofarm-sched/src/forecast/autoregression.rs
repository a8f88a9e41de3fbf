//! [`Autoregression`]: a linear function of the last values, learned as they come.

use super::covariance::{Covariance, dot};
use super::range::Range;
use super::{Forecaster, finite};
use crate::ConfigError;

/// Coefficients beyond this are not a forecast but an accident.
const WILD: f64 = 1e6;

/// Forecasts with a constant and the last `L` values, by recursive least squares with forgetting; good on most
/// smooth series.
///
/// It starts as "the next value is the last one" and learns from then on; a step costs `L`² multiplications. `L` is 1
/// to 32, checked when the program is compiled. See Haykin, Adaptive Filter Theory, chapter on recursive least squares.
///
/// - **Gaps.** Its own forecast stands in for a missing value. While most of the last `L` are such, nothing is learned.
/// - **Bounds.** It remembers the range of the values, which fades within some thousand steps. A value absurdly far
///   outside is cut before it counts, and no forecast leaves the range by more than half its span. The covariance has
///   a ceiling; where rounding spoils it or coefficients go wild, it starts anew.
///
/// ```
/// use gofarm_sched::forecast::{Autoregression, Forecaster};
///
/// let mut growth = Autoregression::<2>::new(0.999)?;
/// for day in 0..30_u8 {
///     growth.observe(f32::from(day));
/// }
/// assert!(growth.ahead(3).is_some_and(|value| (value - 32.0).abs() < 0.1));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Autoregression<const L: usize> {
    forgetting: f32,
    weights: [f64; L],
    constant: f64,
    /// Made when the size of the values is known.
    covariance: Option<Covariance<L>>,
    range: Option<Range>,
    /// The last values, the newest first.
    lags: [f64; L],
    /// One bit for each lag, the newest lowest: it was measured, no forecast stands in for it.
    measured: u64,
    known: usize,
}

impl<const L: usize> Autoregression<L> {
    /// The lags as bits of `measured`.
    const ALL: u64 = (1 << L) - 1;

    /// Nothing known yet; each step back counts `forgetting` of the one after it, 0.9 to 1.
    ///
    /// With 0.999 some thousand values count.
    ///
    /// # Errors
    /// `forgetting` is not in that range.
    pub const fn new(forgetting: f32) -> Result<Self, ConfigError> {
        const { assert!(L >= 1 && L <= 32, "an autoregression has 1 to 32 lags") };
        if !(forgetting >= 0.9 && forgetting <= 1.0) {
            return Err(ConfigError::new("forgetting", "from 0.9 to 1"));
        }
        let mut weights = [0.0; L];
        weights[0] = 1.0;
        Ok(Self {
            forgetting,
            weights,
            constant: 0.0,
            covariance: None,
            range: None,
            lags: [0.0; L],
            measured: 0,
            known: 0,
        })
    }

    /// What a step back counts of the one after it.
    #[must_use]
    pub const fn forgetting(&self) -> f32 {
        self.forgetting
    }

    /// The coefficients of the last values, the newest first.
    #[must_use]
    pub const fn weights(&self) -> &[f64; L] {
        &self.weights
    }

    /// The constant that is added, in the unit of the values.
    #[must_use]
    pub const fn constant(&self) -> f64 {
        self.constant
    }

    /// The bounds of the range of the values, 0 and 0 if there were none.
    pub(super) fn range(&self) -> (f64, f64) {
        self.range.map_or((0.0, 0.0), |r| (r.low(), r.high()))
    }

    /// Takes over coefficients, all finite and below [`WILD`], and keeps the last values.
    pub(super) fn load(
        &mut self,
        forgetting: f32,
        weights: impl Iterator<Item = f32>,
        constant: f32,
        range: (f32, f32),
    ) {
        self.forgetting = forgetting;
        for (weight, loaded) in self.weights.iter_mut().zip(weights) {
            *weight = f64::from(loaded);
        }
        self.constant = f64::from(constant);
        self.covariance = None;
        let mut loaded = Range::of(f64::from(range.0), f64::from(range.1));
        if let Some(own) = self.range {
            loaded = Range::of(loaded.low().min(own.low()), loaded.high().max(own.high()));
        }
        self.range = Some(loaded);
    }

    /// The next value for given lags, within bounds.
    fn predict(&self, lags: &[f64; L]) -> f64 {
        let value = dot(&self.weights, lags) + self.constant;
        self.range.map_or(value, |range| range.bound(value))
    }

    /// Learns that `value` followed the lags.
    fn learn(&mut self, value: f64, size: f64) {
        let error = value - dot(&self.weights, &self.lags) - self.constant;
        let covariance = self
            .covariance
            .get_or_insert_with(|| Covariance::unsure(size));
        let gain = covariance.update(&self.lags, f64::from(self.forgetting), size);
        let Some(gain) = gain.filter(|_| error.is_finite()) else {
            self.restart();
            return;
        };
        for (weight, gain) in self.weights.iter_mut().zip(gain.lags) {
            *weight += gain * error;
        }
        self.constant += gain.constant * error;
        let tame = |weight: &f64| weight.abs() < WILD;
        if !self.weights.iter().all(tame) || self.constant.abs() >= WILD * size {
            self.restart();
        }
    }

    /// Back to "the next value is the last one".
    fn restart(&mut self) {
        self.weights = [0.0; L];
        if let Some(first) = self.weights.first_mut() {
            *first = 1.0;
        }
        self.constant = 0.0;
        self.covariance = None;
    }

    fn shift(&mut self, value: f64, measured: bool) {
        self.lags.rotate_right(1);
        if let Some(newest) = self.lags.first_mut() {
            *newest = value;
        }
        self.measured = (self.measured << 1 | u64::from(measured)) & Self::ALL;
        self.known = (self.known + 1).min(L);
    }

    fn is_ready(&self) -> bool {
        self.known == L
    }
}

impl<const L: usize> Forecaster for Autoregression<L> {
    fn observe(&mut self, value: f32) {
        if !value.is_finite() {
            if self.is_ready() {
                self.shift(self.predict(&self.lags), false);
            } else if self.known > 0 {
                self.shift(self.lags.first().copied().unwrap_or(0.0), false);
            }
            return;
        }
        let value = f64::from(value);
        let range = self.range.get_or_insert(Range::of(value, value));
        let value = range.admit(value);
        let size = range.largest();
        let mostly_measured = 2 * self.measured.count_ones() as usize >= L;
        if self.is_ready() && mostly_measured && size > 0.0 {
            self.learn(value, size);
        }
        self.shift(value, true);
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let mut lags = self.lags;
        core::iter::from_fn(move || {
            let next = self.is_ready().then(|| self.predict(&lags))?;
            lags.rotate_right(1);
            if let Some(newest) = lags.first_mut() {
                *newest = next;
            }
            Some(finite(next))
        })
    }
}
