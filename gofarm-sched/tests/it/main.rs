//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod load;
mod mode;
#[cfg(feature = "alloc")]
mod node_table;
extern crate alloc;

mod affinity;
mod eviction;
mod plugin;
mod priority;
mod quota;
mod topology;

mod autonomy;
mod autoscale;
#[cfg(feature = "alloc")]
mod dependency;
#[cfg(feature = "tokio")]
mod driver;
#[cfg(feature = "alloc")]
mod reconcile;
#[cfg(feature = "alloc")]
mod rollout;

mod feature;

mod herding;
mod placement;
mod window;
