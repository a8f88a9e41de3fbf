//! The public behaviour of gofarm-crdt, a file per subject.

extern crate alloc;

#[cfg(feature = "alloc")]
mod fixed;
#[cfg(feature = "alloc")]
mod histories;
#[cfg(feature = "crdts")]
mod interop;
#[cfg(feature = "alloc")]
mod laws;
#[cfg(feature = "alloc")]
mod oracle;
#[cfg(feature = "alloc")]
mod semantics;
#[cfg(feature = "alloc")]
mod subject;
