//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "derive")]
mod derive;
#[cfg(feature = "std")]
mod store;
