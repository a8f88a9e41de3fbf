//! Real peers over loopback: a libmodbus client against our server, our client against a pymodbus server.

mod libmodbus;
mod pymodbus;

use std::path::{Path, PathBuf};

/// A file of `tests/data/modbus`.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/modbus")
        .join(name)
}

/// Says that a peer is not installed; in CI it must be.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
fn missing(peer: &str) {
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "{peer} is not installed");
    eprintln!("skipped: {peer} is not installed");
}
