//! The public behaviour of gofarm-crdt, a file per subject.

#[cfg(all(feature = "derive", feature = "alloc"))]
mod derive;
