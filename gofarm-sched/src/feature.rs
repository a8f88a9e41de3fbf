//! Features of a series, one output for each input: what a model or a rule looks at instead of the raw load.
//!
//! A raw metric says how busy a node is now. Whether it trembles, leans, repeats itself or has just become another
//! thing is in its recent history. Libraries that compute such features take a whole table in memory, and one NaN in
//! it turns a figure into NaN, or silently into another one. Here each feature is a small machine over the last `W`
//! inputs, in memory that its type fixes, and it can run on the node that is measured.
//!
//! Definitions and their bias are those of tsfresh (`standard_deviation` with `ddof` 0, `skewness` as G1, `kurtosis`
//! as G2, `binned_entropy`, `maximum`, `quantile`, `autocorrelation`) and of statsmodels' `seasonal_decompose` with
//! `two_sided=False`; the tests hold their figures.
//!
//! # Missing values
//! tsfresh has no rule of its own: one NaN makes a standard deviation NaN while `kurtosis` drops it. The rule here:
//!
//! - An input that is NaN or infinite is a **hole**. It takes its place in the window, so that time goes on and old
//!   values leave, it is left out of every figure, and [`Feature::skipped`] counts it.
//! - Every output is finite. Where a figure does not exist, because too few values are left in the window or all of
//!   them are equal, the output is 0.
//! - Until a feature [is ready](Feature::is_ready) its output is 0: the border.
//!
//! # Chains
//! [`Feature::then`] makes the output of one feature the input of the next. The next one starts when the first is
//! ready, so the zeros of a border never count as data.
//!
//! ```
//! use gofarm_sched::feature::{Feature, RollingMax, SeasonalResidual, Std};
//!
//! // How much what is left after the daily cycle (24 h) trembled, at worst, over the last 6 h.
//! let mut worst = SeasonalResidual::<24>::new().then(Std::<12>::new()).then(RollingMax::<6>::new());
//! let cycle = |hour: u16| f32::from(hour % 24) + if hour == 300 { 8.0 } else { 0.0 };
//! let outputs: Vec<f32> = (0..320).map(|hour| worst.push(cycle(hour))).collect();
//! assert_eq!(outputs[47], 0.0); // the border
//! assert!(outputs[299] < 0.01 && outputs[300] > 1.0);
//! ```

mod autocorrelation;
mod binned_entropy;
mod power_sums;
mod recent;
mod rolling_max;
mod rolling_quantile;
mod seasonal;
mod shape;
mod spectral_peak;
mod then;

pub use autocorrelation::Autocorrelation;
pub use binned_entropy::BinnedEntropy;
pub use rolling_max::RollingMax;
pub use rolling_quantile::RollingQuantile;
pub use seasonal::{SeasonalResidual, SeasonalTrend};
pub use shape::{Kurtosis, Skewness, Std};
pub use spectral_peak::SpectralPeak;
pub use then::{Outputs, Then};

/// A figure of the recent past that is renewed with each input.
///
/// The [module](self) says what holes and borders are. Implement it for a feature of one's own to use it in chains.
///
/// ```
/// use gofarm_sched::feature::{Feature, RollingMax};
///
/// let max = RollingMax::<3>::new();
/// let outputs: Vec<f32> = max.outputs([1.0, 5.0, 2.0, f32::NAN, 1.0]).collect();
/// assert_eq!(outputs, [0.0, 0.0, 5.0, 5.0, 2.0]);
/// ```
pub trait Feature {
    /// Takes the next input and returns the figure of the window that ends with it; finite, and 0 at the border.
    fn push(&mut self, input: f32) -> f32;

    /// Whether the border is over: enough inputs have come, holes included.
    fn is_ready(&self) -> bool;

    /// How many inputs were holes, since the feature was made.
    fn skipped(&self) -> u64;

    /// A feature of this feature's outputs.
    #[must_use]
    fn then<F: Feature>(self, next: F) -> Then<Self, F>
    where
        Self: Sized,
    {
        Then::new(self, next)
    }

    /// The outputs for a sequence of inputs, one for each.
    fn outputs<I: IntoIterator<Item = f32>>(self, inputs: I) -> Outputs<Self, I::IntoIter>
    where
        Self: Sized,
    {
        Outputs::new(self, inputs.into_iter())
    }
}

impl<F: Feature + ?Sized> Feature for &mut F {
    fn push(&mut self, input: f32) -> f32 {
        (**self).push(input)
    }

    fn is_ready(&self) -> bool {
        (**self).is_ready()
    }

    fn skipped(&self) -> u64 {
        (**self).skipped()
    }
}

/// An output: finite, in the range of `f32`.
fn output(figure: f64) -> f32 {
    if figure.is_nan() {
        return 0.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped to the range of f32"
    )]
    let figure = figure.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
    figure
}

/// A count as a number to divide by.
#[expect(
    clippy::cast_precision_loss,
    reason = "windows are far below 2^53 values"
)]
const fn number(count: usize) -> f64 {
    count as f64
}
