//! Public behaviour of gofarm-core, one file per subject.

#[cfg(feature = "derive")]
mod derive;
mod link;
mod link_simulation;
mod quantity;
