//! The crate as its users see it; with all features.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests run on 64 bits, with small numbers"
)]

extern crate alloc;

mod affinity;
mod autonomy;
mod autoscale;
mod dependency;
mod eviction;
mod feature;
mod forecast;
mod herding;
mod load;
mod mode;
mod node_table;
mod packing;
mod placement;
mod plugin;
mod priority;
mod quota;
mod rollout;
mod topology;
mod window;
