//! Scores that keep what is left of a node usable.
//!
//! Work that fits nowhere although enough is free in sum is the price of placing without looking ahead: a tenth of an
//! accelerator here and there, whole accelerators on nodes whose processors are used up. The scores of this module
//! judge a node by what would be left of it after the work is there.
//!
//! - [`Stranding`] looks at what typical work could still do with it, and is the one to begin with. On the public
//!   openb trace it leaves fewer accelerators idle than each of the others.
//! - [`Fragmentation`] is the published fragmentation gradient descent (FGD).
//! - [`BestFit`], [`LeastAllocated`] and [`BalancedAllocation`] are the known ones, for comparison and for farms
//!   without accelerators.
//!
//! The first two need to know what work is typical: a [`Mix`], counted from requests. It is fixed when the score is
//! made, so that a score follows the node alone and its answers can be kept; count on, and make a new score of it
//! when the mix has changed.
//!
//! None of them moves work that already runs, and none refuses work to keep room for other work.

mod best_fit;
mod fragmentation;
mod kubernetes;
mod lanes;
mod mix;
mod stranding;

pub use best_fit::BestFit;
pub use fragmentation::Fragmentation;
pub use kubernetes::{BalancedAllocation, LeastAllocated};
pub use mix::Mix;
pub use stranding::Stranding;

use crate::placement::Candidate;
use crate::resource::Resources;

/// What would be left of the node with the work on it; of no device in particular said, it gets the tightest. `None`
/// where it does not fit.
fn left_after(candidate: &Candidate<'_>) -> Option<Resources> {
    let ask = candidate.request().ask();
    let mut left = *candidate.free();
    let chosen = match candidate.devices() {
        none if none.is_empty() => left.devices().choices(ask.devices()).next()?,
        some => some,
    };
    left.take(ask, chosen).then_some(left)
}

/// Turns a change into a cost in 0..=1 that keeps the order: 0.5 for none, towards 1 for one upwards.
fn squash(change: f32) -> f32 {
    0.5 + 0.5 * change / (1.0 + change.abs())
}

/// A share of a whole, 0..=1; none where there is no whole.
#[expect(clippy::cast_precision_loss, reason = "shares need no more")]
fn share(part: u64, whole: u64) -> Option<f32> {
    (whole > 0).then(|| (part as f32 / whole as f32).min(1.0))
}
