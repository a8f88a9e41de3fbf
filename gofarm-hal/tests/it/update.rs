//! Updates on an emulated flash that loses power at any step.

mod device;
#[cfg(feature = "ed25519")]
mod ed25519;
mod flash;
mod hostile;
mod patches;
mod power_cut;
mod refusals;
mod swap;
mod trials;
