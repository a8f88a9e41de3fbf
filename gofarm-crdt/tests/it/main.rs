//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(all(feature = "derive", feature = "alloc"))]
mod derive;
#[cfg(feature = "derive")]
mod replica;
#[cfg(feature = "std")]
mod store;
#[cfg(feature = "derive")]
mod watch;
