//! The crate as its users see it.
mod node_table;

mod affinity;
mod topology;
