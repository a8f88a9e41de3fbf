//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
mod double_write;
#[cfg(feature = "tokio")]
mod handle;
#[cfg(feature = "alloc")]
mod journal;
#[cfg(all(feature = "std", unix))]
mod kill;
#[cfg(feature = "std")]
mod store;
