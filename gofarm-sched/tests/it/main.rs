//! The crate as its users see it; with all features.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod affinity;
mod autonomy;
mod autoscale;
mod bad_input;
mod control_signal;
mod dependency;
mod drift;
mod driver;
mod eviction;
mod feature;
mod feedback;
mod forecast;
mod herding;
mod inference;
mod load;
mod mode;
mod node_table;
mod node_table_estimates;
mod packing;
mod placement;
mod placement_known;
mod placement_rules;
mod placement_size;
mod plugin;
mod priority;
mod quota;
mod reconcile;
mod rollout;
mod simulator;
mod slow_start;
mod topology;
mod window;
