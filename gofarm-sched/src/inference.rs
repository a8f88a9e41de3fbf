//! Inference jobs on the accelerators of a farm and of clouds: where a model may run, fits in one piece, and is.
//!
//! A loader wants the memory of a model in one piece. A scheduler that counts free bytes sends it to accelerators
//! that have the bytes and not the piece, and after some hours of loads and unloads about every third load fails
//! there. So this knows *which* memory is free: a node that has no piece for a model is refused when the model is
//! placed, and of the others the one with the tightest hole is best, which keeps the large pieces for large models.
//!
//! A model is named by its digest, so that a node runs what was tested and nothing else; and because a model of
//! some gigabytes takes minutes over a farm's link, nodes that have it are preferred.
//!
//! What it does not do: it loads nothing, and moves no running job to make room. The loader is told its memory by
//! [`Fleet::blocks`], and says where it went if it went elsewhere ([`Fleet::moved`]).

mod accelerated_node;
mod arena;
mod fleet;
mod job;
mod model_digest;
mod plugin;
mod signal;

pub use accelerated_node::AcceleratedNode;
pub use arena::{Arena, ArenaError, Extent};
pub use fleet::{Block, Fleet, FleetError};
pub use job::Job;
pub use model_digest::{DigestError, ModelDigest};
pub use plugin::InferencePlacement;
pub use signal::{INSTRUMENTS, observe};
