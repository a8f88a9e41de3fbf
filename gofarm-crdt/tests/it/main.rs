//! The public behaviour of gofarm-crdt, a file per subject.

extern crate alloc;

#[cfg(all(feature = "derive", feature = "alloc"))]
mod board;
#[cfg(all(feature = "derive", feature = "alloc"))]
mod derive;
#[cfg(feature = "alloc")]
mod double_write;
mod fixed;
#[cfg(feature = "tokio")]
mod handle;
#[cfg(feature = "alloc")]
mod histories;
#[cfg(feature = "crdts")]
mod interop;
#[cfg(feature = "alloc")]
mod journal;
#[cfg(all(feature = "std", unix))]
mod kill;
#[cfg(feature = "alloc")]
mod laws;
#[cfg(feature = "alloc")]
mod oracle;
#[cfg(all(feature = "derive", feature = "alloc"))]
mod partition;
#[cfg(all(feature = "derive", feature = "alloc"))]
mod replica;
#[cfg(feature = "alloc")]
mod semantics;
#[cfg(feature = "alloc")]
mod session;
#[cfg(feature = "std")]
mod store;
#[cfg(feature = "alloc")]
mod subject;
#[cfg(all(feature = "derive", feature = "alloc"))]
mod watch;
