//! [`Naive`]: it stays as it is.

use super::Forecaster;

/// Forecasts the last value, however far ahead; hard to beat on steps and random walks.
///
/// ```
/// use gofarm_sched::forecast::{Forecaster, Naive};
///
/// let mut naive = Naive::new();
/// naive.observe(0.4);
/// naive.observe(f32::NAN);
/// assert_eq!(naive.ahead(5), Some(0.4));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Naive {
    last: Option<f32>,
}

impl Naive {
    /// Nothing known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None }
    }
}

impl Forecaster for Naive {
    fn observe(&mut self, value: f32) {
        if value.is_finite() {
            self.last = Some(value);
        }
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let last = self.last;
        core::iter::from_fn(move || last)
    }
}
