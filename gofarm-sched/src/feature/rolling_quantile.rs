//! [`RollingQuantile`]: the exact quantile of the last inputs.

use super::recent::Recent;
use super::{Feature, number, output};
use crate::ConfigError;

/// A quantile of the last `W` inputs, in their unit: exact, with linear interpolation as numpy and tsfresh have it.
///
/// The window is kept sorted: an input costs a search and one move of the values between. Up to some thousand inputs
/// that beats a sketch, and there is no error to state.
///
/// ```
/// use gofarm_sched::feature::{Feature, RollingQuantile};
///
/// let mut median = RollingQuantile::<4>::new(0.5)?;
/// let outputs: Vec<f32> = median.outputs([4.0, 1.0, 3.0, 2.0]).collect();
/// assert_eq!(outputs[3], 2.5);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RollingQuantile<const W: usize> {
    q: f64,
    recent: Recent<W>,
    /// The values that are there, rising, then rest of no meaning.
    sorted: [f32; W],
}

impl<const W: usize> RollingQuantile<W> {
    /// An empty window, for the quantile `q`, 0..=1: 0.95 is the 95th percentile.
    ///
    /// # Errors
    /// `q` is not in 0..=1.
    pub const fn new(q: f64) -> Result<Self, ConfigError> {
        if !(q >= 0.0 && q <= 1.0) {
            return Err(ConfigError::new("q", "from 0 to 1"));
        }
        Ok(Self {
            q,
            recent: Recent::new(),
            sorted: [0.0; W],
        })
    }

    /// Puts `value` where it belongs among the first `len`.
    fn insert(&mut self, value: f32, len: usize) {
        let sorted = self.sorted.get(..len).unwrap_or_default();
        let at = sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        self.sorted.copy_within(at..len, at + 1);
        if let Some(place) = self.sorted.get_mut(at) {
            *place = value;
        }
    }

    /// Takes `value` from the first `len`.
    fn remove(&mut self, value: f32, len: usize) {
        let sorted = self.sorted.get(..len).unwrap_or_default();
        let at = sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        if at < len {
            self.sorted.copy_within(at + 1..len, at);
        }
    }

    fn quantile(&self) -> f64 {
        let last = match self.recent.count() {
            0 => return 0.0,
            count => count - 1,
        };
        let place = self.q * number(last);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to W"
        )]
        let below = (place as usize).min(last);
        let at = |i: usize| f64::from(self.sorted.get(i).copied().unwrap_or_default());
        let (low, high) = (at(below), at((below + 1).min(last)));
        low + (high - low) * (place - number(below))
    }
}

impl<const W: usize> Feature for RollingQuantile<W> {
    fn push(&mut self, input: f32) -> f32 {
        let before = self.recent.count();
        let left = self.recent.push(input);
        let mut len = before;
        if let Some(value) = left {
            self.remove(value, len);
            len -= 1;
        }
        if input.is_finite() {
            self.insert(input, len);
        }
        if self.is_ready() {
            output(self.quantile())
        } else {
            0.0
        }
    }

    fn is_ready(&self) -> bool {
        self.recent.is_full()
    }

    fn skipped(&self) -> u64 {
        self.recent.skipped()
    }
}
