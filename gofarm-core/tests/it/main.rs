//! Public behaviour of gofarm-core, one file per subject.

#![cfg_attr(
    feature = "derive",
    expect(clippy::unwrap_used, reason = "a test fails by panicking")
)]

mod auto_traits;
#[cfg(feature = "derive")]
mod changes;
mod command;
#[cfg(feature = "derive")]
mod derive;
#[cfg(feature = "derive")]
mod describe;
#[cfg(feature = "derive")]
mod generated;
mod lease;
mod link;
mod link_simulation;
mod quality;
mod quantity;
#[cfg(all(feature = "derive", feature = "serde"))]
mod serde;
#[cfg(feature = "derive")]
mod soil_probe;
#[cfg(feature = "derive")]
mod values;
