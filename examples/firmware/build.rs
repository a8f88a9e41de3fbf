//! Puts the memory map where the linker finds it.

use std::path::PathBuf;
use std::{env, fs};

const MEMORY: &str = "MEMORY {\n  FLASH : ORIGIN = 0x08000000, LENGTH = 128K\n  RAM : ORIGIN = 0x20000000, LENGTH = 16K\n}\n";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), MEMORY).expect("OUT_DIR is writable");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--nmagic");
    println!("cargo::rerun-if-changed=build.rs");
}
