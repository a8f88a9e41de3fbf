//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "tokio")]
mod handle;
#[cfg(feature = "std")]
mod store;
