//! The crate as its users see it.
mod node_table;

mod affinity;
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
