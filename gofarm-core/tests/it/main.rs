//! Public behaviour of gofarm-core, one file per subject.

mod command;
#[cfg(feature = "derive")]
mod derive;
mod lease;
mod link;
mod link_simulation;
mod quality;
mod quantity;
