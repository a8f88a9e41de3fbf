//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod load;
mod mode;
#[cfg(feature = "alloc")]
mod node_table;
mod window;
