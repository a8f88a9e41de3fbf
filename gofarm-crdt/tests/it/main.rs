//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "std")]
mod store;
