//! Filters for single values and single contacts: [`Median`] and [`Debounce`].
//!
//! An average of readings mixes a spark from a pump's relay into ten good ones. A median of three or five drops it and
//! passes steps on unchanged. It always gives a reading that was really taken, so a bound of its readings is a bound of
//! it.
//!
//! What is *not* here, because [`gofarm_core::quality::Pipeline`] does it: limits, the greatest rate of change, a probe
//! that is stuck. The pipeline marks readings and changes none. A filter changes them, and belongs before the record is
//! made, where the driver of the probe can say so.
//!
//! ```
//! use gofarm_hal::filter::Median;
//!
//! let mut counts: Median<u16, 3> = Median::new();
//! let filtered = [812, 815, 4_095, 809].map(|count| counts.push(count));
//! assert_eq!(filtered, [Some(812), Some(812), Some(815), Some(815)]);
//! ```

mod debounce;
mod median;

pub use debounce::Debounce;
pub use median::Median;
