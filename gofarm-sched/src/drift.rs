//! Whether a series is no longer the one that was learned.
//!
//! A forecast that was right in spring is wrong in August, and says so to nobody: its numbers look as they always
//! did. Three detectors look at the series, or at the errors of a forecast, each for another kind of change:
//!
//! - [`Divergence`] compares the distribution of the last values with that of a reference, and answers with what has
//!   to be done: an alert and a canary on a small share. It sees changes of shape, not of order.
//! - [`PageHinkley`] sees a mean that moves and stays away; a few numbers of memory.
//! - [`Adwin`] keeps as many values as are alike, and drops the older ones when they are not; no threshold in the
//!   unit of the series, and bounded memory.
//!
//! All are plain values without `alloc`; a value that is not finite is left out and counted. They do not say why a
//! series changed, nor whether that is bad: a moved mean may be a new season or a broken probe.
//!
//! ```
//! use gofarm_sched::drift::{Adwin, Direction};
//!
//! let mut errors = Adwin::<16>::new();
//! let detected: Vec<(u32, Direction)> = (0..2000_u32)
//!     .filter_map(|i| {
//!         let noise = (i % 7) as f32 * 0.01;
//!         let error = if i < 1000 { 0.1 + noise } else { 0.5 + noise };
//!         Some((i, errors.push(error)?))
//!     })
//!     .collect();
//! let (first, direction) = detected[0];
//! assert!((1000..1040).contains(&first) && direction == Direction::Up);
//! assert!(errors.mean() > 0.5);
//! ```

mod adwin;
mod divergence;
mod page_hinkley;
mod reference;
mod signal;

pub use adwin::Adwin;
pub use divergence::{Divergence, DriftEvent};
pub use page_hinkley::PageHinkley;
pub use reference::Reference;
pub use signal::{INSTRUMENTS, observe_change, observe_divergence};

/// Where a mean went; match it fully.
///
/// ```
/// use gofarm_sched::drift::Direction;
///
/// assert_eq!(Direction::Up.as_str(), "up");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Direction {
    /// The newer values are larger.
    Up,
    /// The newer values are smaller.
    Down,
}

impl Direction {
    /// The name in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}
