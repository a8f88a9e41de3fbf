//! The last values, and their exact quantiles.
//!
//! Sketches (t-digest, DDSketch, HDR histograms) answer for everything that was ever counted, within an error, and cost
//! about a microsecond a question. A scheduler asks about the last ten seconds, after every sample, of a hundred values:
//! there, the values themselves in a ring, and once more in order, are smaller, exact, and faster. Taking a value in
//! moves what lies between its place and that of the one that leaves, so the cost grows with the length: meant for up to
//! about a thousand values.
//!
//! [`Window`] holds the last N values, [`TimeWindow`] the last N slots of time, of which a gap leaves some empty. Both
//! are plain arrays without an allocation. NaN and infinities are left out, and counted.
//!
//! Quantiles interpolate between neighbours (type 7 of Hyndman and Fan, The American Statistician 50 (1996); what numpy,
//! pandas and tsfresh do by default).

mod count;
mod sorted;
mod time;

pub use count::Window;
pub use time::{Fold, TimeWindow};
