//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(all(feature = "derive", feature = "alloc"))]
mod derive;
#[cfg(feature = "alloc")]
mod double_write;
#[cfg(all(feature = "tokio", feature = "derive"))]
mod driver;
#[cfg(feature = "tokio")]
mod handle;
#[cfg(feature = "alloc")]
mod journal;
#[cfg(all(feature = "std", unix))]
mod kill;
#[cfg(feature = "derive")]
mod partition;
#[cfg(feature = "derive")]
mod replica;
#[cfg(feature = "std")]
mod store;
