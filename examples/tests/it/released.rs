//! Stops a build at a change of a released contract that breaks somebody; copy this for your own devices.
//!
//! `GOFARM_BLESS=1 cargo test` releases the contracts as they are now: it writes the files that are compared here.

use gofarm_core::Device;
use gofarm_core::contract::Descriptor;
use gofarm_examples::season::contract::{SoilProbe, Valve};

mod probe {
    include!("../data/released_probe.rs");
}

mod valve {
    include!("../data/released_valve.rs");
}

/// Holds `built` against `released`, which stands in `file`.
fn check(built: &Descriptor, released: &Descriptor, file: &str) {
    if std::env::var_os("GOFARM_BLESS").is_some() {
        let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
        let source = built.rust_source("RELEASED").to_string();
        std::fs::write(path, source).expect("the tests can write to their own data");
        return;
    }
    let breaking: Vec<String> = built
        .changes(released)
        .filter(|change| change.is_breaking())
        .map(|change| change.to_string())
        .collect();
    assert!(breaking.is_empty(), "{}", breaking.join("\n"));
}

#[test]
fn no_released_contract_is_broken() {
    check(SoilProbe::DESCRIPTOR, &probe::RELEASED, "released_probe.rs");
    check(Valve::DESCRIPTOR, &valve::RELEASED, "released_valve.rs");
}
