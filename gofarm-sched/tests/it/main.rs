//! The crate as its users see it.

mod affinity;
mod eviction;
mod plugin;
mod priority;
mod quota;
mod topology;
