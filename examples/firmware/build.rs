//! Puts the memory map where the linker finds it.

#[path = "src/reading.rs"]
mod reading;

use std::path::PathBuf;
use std::{env, fs};

use gofarm_core::Device;

/// A small Cortex-M0 for the cost of a contract.
const SMALL: &str = "MEMORY {\n  FLASH : ORIGIN = 0x08000000, LENGTH = 128K\n  RAM : ORIGIN = 0x20000000, LENGTH = 16K\n}\n";

/// The MPS2 AN385 has 4 MiB of each; what a node may use is what a usual microcontroller has.
const MPS2: &str = "MEMORY {\n  FLASH : ORIGIN = 0x00000000, LENGTH = 256K\n  RAM : ORIGIN = 0x20000000, LENGTH = 64K\n}\n";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let is_mps2 = env::var_os("CARGO_FEATURE_MPS2").is_some();
    let memory = if is_mps2 { MPS2 } else { SMALL };
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR is writable");
    // The interrupts are in the table of `board::interrupt`, none has a default to name here.
    fs::write(out.join("device.x"), "").expect("OUT_DIR is writable");
    let mut contract = String::new();
    reading::Reading::DESCRIPTOR
        .thing_description("urn:dev:ops:valve-7")
        .write_to(&mut contract)
        .expect("a string takes everything");
    fs::write(out.join("plot.td.json"), contract).expect("OUT_DIR is writable");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--nmagic");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/reading.rs");
}
