//! Runs one engine's `validate` on the good record a fixed number of times, for an instruction counter.
//!
//! `instructions hand|gofarm`; count what happens inside `check_hand` or `check_gofarm` only.

#[path = "../core/record.rs"]
mod record;

use std::hint::black_box;
use std::process::ExitCode;

use gofarm_core::Validate as _;

/// Calls in one run.
const CALLS: u32 = 10_000;

fn main() -> ExitCode {
    let engine = std::env::args().nth(1).unwrap_or_default();
    let valid = match engine.as_str() {
        "hand" => {
            let record = record::Hand::good();
            measured(|| check_hand(black_box(&record)))
        }
        "gofarm" => {
            let record = record::Derived::good();
            measured(|| check_gofarm(black_box(&record)))
        }
        _ => {
            eprintln!("usage: instructions hand|gofarm");
            return ExitCode::from(2);
        }
    };
    assert_eq!(valid, CALLS);
    ExitCode::SUCCESS
}

fn measured(check: impl Fn() -> bool) -> u32 {
    (0..CALLS).map(|_| u32::from(check())).sum()
}

#[inline(never)]
fn check_hand(record: &record::Hand) -> bool {
    record.check().is_ok()
}

#[inline(never)]
fn check_gofarm(record: &record::Derived) -> bool {
    record.validate().is_ok()
}
