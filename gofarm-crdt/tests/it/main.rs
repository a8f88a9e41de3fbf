//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(feature = "derive")]
mod board;
#[cfg(feature = "derive")]
mod derive;
#[cfg(feature = "derive")]
mod replica;
#[cfg(feature = "std")]
mod store;
