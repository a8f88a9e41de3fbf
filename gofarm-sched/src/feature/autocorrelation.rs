//! [`Autocorrelation`]: how much a series resembles itself some inputs ago.

use super::power_sums::PowerSums;
use super::{Feature, number, output};
use crate::ConfigError;

/// The autocorrelation of the last `W` inputs at one lag, as tsfresh has it: with the mean and the population variance
/// of the whole window, divided by the number of pairs.
///
/// 1 repeats itself, -1 alternates, and near the ends of short windows it may lie a little outside. A pair in which
/// one is a hole is left out. Where all values are equal it is 0; tsfresh says NaN there, and also for a variance
/// below 1e-8, which is not taken over: it depends on the unit. Cost does not grow with `W`, on average.
///
/// ```
/// use gofarm_sched::feature::{Autocorrelation, Feature};
///
/// let mut lag_1 = Autocorrelation::<4>::new(1)?;
/// assert_eq!(lag_1.outputs([1.0, -1.0, 1.0, -1.0]).last(), Some(-1.0));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Autocorrelation<const W: usize> {
    lag: usize,
    sums: PowerSums<W>,
    pairs: Pairs,
}

/// Sums over the pairs of a value and the one a lag later, as distances to the origin of the power sums.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs {
    count: usize,
    products: f64,
    /// Of both members of each pair.
    members: f64,
}

impl<const W: usize> Autocorrelation<W> {
    /// An empty window, for a lag of 1 to `W` - 1 inputs.
    ///
    /// # Errors
    /// The lag is 0, or not shorter than the window.
    pub const fn new(lag: usize) -> Result<Self, ConfigError> {
        if lag == 0 || lag >= W {
            return Err(ConfigError::new(
                "lag",
                "from 1 to one less than the window",
            ));
        }
        Ok(Self {
            lag,
            sums: PowerSums::new(),
            pairs: Pairs {
                count: 0,
                products: 0.0,
                members: 0.0,
            },
        })
    }

    /// The pairs of the whole window.
    fn all_pairs(&self) -> Pairs {
        let recent = self.sums.recent();
        let mut pairs = Pairs::default();
        for (earlier, later) in recent.iter().zip(recent.iter().skip(self.lag)) {
            if !earlier.is_nan() && !later.is_nan() {
                let (a, b) = (self.sums.distance(earlier), self.sums.distance(later));
                pairs.count += 1;
                pairs.products += a * b;
                pairs.members += a + b;
            }
        }
        pairs
    }

    fn coefficient(&self) -> f64 {
        let moments = self.sums.moments();
        if self.pairs.count == 0 || moments.second <= 0.0 {
            return 0.0;
        }
        let n = number(self.pairs.count);
        let mean = moments.mean;
        let covariance = self.pairs.products - mean * self.pairs.members + n * mean * mean;
        covariance / (n * moments.second)
    }
}

impl<const W: usize> Feature for Autocorrelation<W> {
    fn push(&mut self, input: f32) -> f32 {
        let partner_of_left = self.sums.recent().get(self.lag);
        let partner_of_left = partner_of_left.map(|value| self.sums.distance(value));
        let change = self.sums.push(input);
        if change.renewed {
            self.pairs = self.all_pairs();
        } else {
            if let (Some(left), Some(partner)) = (change.left, partner_of_left) {
                self.pairs.count = self.pairs.count.saturating_sub(1);
                self.pairs.products -= left * partner;
                self.pairs.members -= left + partner;
            }
            let newest = self.sums.recent().len().checked_sub(1 + self.lag);
            let partner = newest.and_then(|place| self.sums.recent().get(place));
            if let (Some(partner), true) = (partner, input.is_finite()) {
                let (a, b) = (self.sums.distance(partner), self.sums.distance(input));
                self.pairs.count += 1;
                self.pairs.products += a * b;
                self.pairs.members += a + b;
            }
        }
        if self.is_ready() {
            output(self.coefficient())
        } else {
            0.0
        }
    }

    fn is_ready(&self) -> bool {
        self.sums.recent().is_full()
    }

    fn skipped(&self) -> u64 {
        self.sums.recent().skipped()
    }
}
