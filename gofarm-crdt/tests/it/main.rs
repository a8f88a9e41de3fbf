//! The public behaviour of gofarm-crdt, a file per subject.

mod session;
