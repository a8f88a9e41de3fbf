//! What a load will be: five small forecasters that learn as they run, and models that are loaded.
//!
//! A scheduler that moves work when a node is full is late by the time that moving takes. To be early it needs a
//! forecast that is right for *this* series, and on measured ones no single method is: on a noisy series a smoothed
//! level wins, on a smooth one an autoregression, on a step function the last value. So there is an [`Ensemble`] of
//! four, [`Naive`], [`Ewma`], [`Seasonal`] and [`Autoregression`], weighted by how well each did lately. Networks and
//! trees are not here: they need training elsewhere, megabytes, and data that a new farm does not have.
//!
//! All are plain values of a size that their type fixes, without `alloc`, and learn with each value, so there is no
//! training run. Time is the sequence of values: they come at equal distances, and a value that is missing is handed
//! over as NaN.
//!
//! - **Gaps.** A value that is not finite is a gap: time goes on, nothing is learned from it.
//! - **Bounds.** Every forecast is finite whatever came; each forecaster says how.
//! - **Models.** What an ensemble learned can be [saved](Ensemble::save), signed, and loaded by another one with
//!   [`Model`]; its memory is accounted and checked before anything of it is used.
//!
//! ```
//! use gofarm_sched::forecast::{Ensemble, Forecaster};
//!
//! // A cycle of 24 h, an autoregression over the last 6 values.
//! let mut load = Ensemble::<24, 6>::new(24)?;
//! for hour in 0..24 * 14_u16 {
//!     let busy = if (6..18).contains(&(hour % 24)) { 0.8 } else { 0.1 };
//!     load.observe(if hour == 100 { f32::NAN } else { busy });
//! }
//! // It is midnight: quiet now, busy in 9 h.
//! assert!(load.ahead(1).is_some_and(|share| share < 0.15));
//! assert!(load.ahead(9).is_some_and(|share| share > 0.7));
//! # Ok::<(), gofarm_sched::ConfigError>(())
//! ```

mod autoregression;
mod covariance;
mod ensemble;
mod ewma;
mod model;
mod naive;
mod range;
mod seasonal;
mod signal;
#[cfg(feature = "std")]
mod slot;

pub use autoregression::Autoregression;
pub use ensemble::{Ensemble, Member};
pub use ewma::Ewma;
pub use model::{BUDGET, LoadError, Model, ModelError, SaveError, Saved};
pub use naive::Naive;
pub use seasonal::Seasonal;
pub use signal::{INSTRUMENTS, observe_offer};
#[cfg(feature = "std")]
pub use slot::{InstallError, Installed, ModelSlot};

/// Something that learns from a sequence and says how it goes on.
///
/// ```
/// use gofarm_sched::forecast::{Forecaster, Naive};
///
/// let mut naive = Naive::new();
/// assert_eq!(naive.ahead(1), None);
/// naive.observe(0.4);
/// assert_eq!(naive.path().take(3).collect::<Vec<_>>(), [0.4, 0.4, 0.4]);
/// ```
pub trait Forecaster {
    /// Takes the next value; one that is not finite is a gap.
    fn observe(&mut self, value: f32);

    /// The next values, one after the other without end, all finite; none at all while nothing is known.
    fn path(&self) -> impl Iterator<Item = f32>;

    /// The value so many steps from now, 1 the next; `None` while nothing is known, and for 0 steps.
    fn ahead(&self, steps: usize) -> Option<f32> {
        self.path().nth(steps.checked_sub(1)?)
    }
}

/// A finite `f32`; `value` is finite by its making.
fn finite(value: f64) -> f32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped to the range of f32"
    )]
    let value = value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
    if value.is_nan() { 0.0 } else { value }
}
