//! The crate as its users see it.

mod affinity;
mod quota;
mod topology;
