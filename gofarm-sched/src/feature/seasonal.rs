//! [`SeasonalTrend`] and [`SeasonalResidual`]: a series without its cycle, and what neither explains.

use super::power_sums::PowerSums;
use super::{Feature, number, output};

/// The trend of a series with a cycle of `P` inputs: the mean of the last cycle, in the input's unit.
///
/// As the trend of statsmodels' `seasonal_decompose(two_sided=False)`: for an even `P` it spans `P` + 1 inputs, of
/// which the first and the last count half. A centred trend would be smoother, but needs half a cycle of future.
/// Ready after `P` inputs (odd) or `P` + 1 (even).
///
/// ```
/// use gofarm_sched::feature::{Feature, SeasonalTrend};
///
/// let sawtooth = (0..9).map(|i| 10.0 + f32::from(i % 3_u8));
/// assert_eq!(SeasonalTrend::<3>::new().outputs(sawtooth).last(), Some(11.0));
/// ```
#[derive(Clone, Debug)]
pub struct SeasonalTrend<const P: usize> {
    sums: PowerSums<P>,
    /// One input more than the window holds has come.
    beyond: bool,
    trend: f64,
}

impl<const P: usize> SeasonalTrend<P> {
    const EVEN: bool = P.is_multiple_of(2);

    /// No inputs yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sums: PowerSums::new(),
            beyond: false,
            trend: 0.0,
        }
    }

    /// The trend after one more input; where no value is left to average, it stays as it was.
    fn advance(&mut self, input: f32) -> f64 {
        self.beyond = self.sums.recent().is_full();
        let before = (self.sums.sum(), number(self.sums.recent().count()));
        let oldest = self.sums.recent().get(0);
        self.sums.push(input);
        let (mut sum, mut weight) = (self.sums.sum(), number(self.sums.recent().count()));
        if Self::EVEN {
            (sum, weight) = before;
            if let (Some(value), true) = (oldest, self.beyond) {
                sum -= f64::from(value) / 2.0;
                weight -= 0.5;
            }
            if input.is_finite() {
                sum += f64::from(input) / 2.0;
                weight += 0.5;
            }
        }
        if weight > 0.0 {
            self.trend = sum / weight;
        }
        self.trend
    }
}

impl<const P: usize> Default for SeasonalTrend<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const P: usize> Feature for SeasonalTrend<P> {
    fn push(&mut self, input: f32) -> f32 {
        let trend = self.advance(input);
        if self.is_ready() { output(trend) } else { 0.0 }
    }

    fn is_ready(&self) -> bool {
        self.sums.recent().is_full() && (self.beyond || !Self::EVEN)
    }

    fn skipped(&self) -> u64 {
        self.sums.recent().skipped()
    }
}

/// What is left of a series with a cycle of `P` inputs without its [trend](SeasonalTrend) and its cycle, in the
/// input's unit.
///
/// The cycle is, for each of its `P` places, the mean of what lay above the trend there, shifted so that the places
/// add up to 0: after each input the residual is the last one that statsmodels'
/// `seasonal_decompose(two_sided=False)` finds in all inputs so far. Beyond [`memory`](Self::memory) cycles (default
/// 30) older ones fade, so that a cycle that changes is learned again. Ready after 2 `P` inputs; at a hole the cycle
/// goes on and the output is 0.
///
/// ```
/// use gofarm_sched::feature::{Feature, SeasonalResidual};
///
/// let mut residual = SeasonalResidual::<4>::new();
/// for i in 0..40_u8 {
///     assert_eq!(residual.push([1.0, 5.0, 2.0, 0.0][usize::from(i % 4)]), 0.0);
/// }
/// assert!(residual.push(9.0) > 5.0); // 1 was due
/// ```
#[derive(Clone, Debug)]
pub struct SeasonalResidual<const P: usize> {
    trend: SeasonalTrend<P>,
    memory: u32,
    /// For each place of the cycle the mean distance to the trend, and of how many.
    places: [(f64, u32); P],
    place: usize,
    inputs: usize,
    /// Sum of the means and number of the places that have one.
    sum: f64,
    learned: usize,
}

impl<const P: usize> SeasonalResidual<P> {
    /// No inputs yet; a memory of 30 cycles.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            trend: SeasonalTrend::new(),
            memory: 30,
            places: [(0.0, 0); P],
            place: 0,
            inputs: 0,
            sum: 0.0,
            learned: 0,
        }
    }

    /// How many cycles count in full; 0 counts as 1.
    #[must_use]
    pub const fn memory(mut self, cycles: u32) -> Self {
        self.memory = if cycles == 0 { 1 } else { cycles };
        self
    }

    /// Learns what lay above the trend at this place; returns the cycle's value there.
    fn learn(&mut self, above: f64) -> f64 {
        let Some((mean, count)) = self.places.get_mut(self.place) else {
            return 0.0;
        };
        if *count == 0 {
            self.learned += 1;
        }
        *count = count.saturating_add(1).min(self.memory);
        let step = (above - *mean) / f64::from(*count);
        *mean += step;
        self.sum += step;
        *mean - self.sum / number(self.learned)
    }
}

impl<const P: usize> Default for SeasonalResidual<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const P: usize> Feature for SeasonalResidual<P> {
    fn push(&mut self, input: f32) -> f32 {
        let trend = self.trend.advance(input);
        self.inputs = self.inputs.saturating_add(1);
        if self.place == 0 {
            // Once for each cycle, so that rounding does not pile up.
            self.sum = self.places.iter().map(|(mean, _)| mean).sum();
        }
        let mut residual = 0.0;
        if input.is_finite() && self.trend.is_ready() {
            let above = f64::from(input) - trend;
            residual = above - self.learn(above);
        }
        self.place = (self.place + 1) % P;
        if self.is_ready() {
            output(residual)
        } else {
            0.0
        }
    }

    fn is_ready(&self) -> bool {
        self.inputs >= 2 * P
    }

    fn skipped(&self) -> u64 {
        self.trend.skipped()
    }
}
