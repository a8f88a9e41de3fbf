//! One engine's `validate` on the good record, a fixed number of times, for an instruction counter.

use std::hint::black_box;

use gofarm_core::Validate as _;

use super::record::{Derived, Hand};

/// Calls in one run.
const CALLS: u32 = 10_000;

/// Runs `engine`; count what happens inside `check_hand` or `check_gofarm`. Returns `None` for any other engine.
pub fn run(engine: &str) -> Option<()> {
    let valid = match engine {
        "hand" => {
            let record = Hand::good();
            repeat(|| check_hand(black_box(&record)))
        }
        "gofarm" => {
            let record = Derived::good();
            repeat(|| check_gofarm(black_box(&record)))
        }
        _ => return None,
    };
    assert_eq!(valid, CALLS);
    Some(())
}

fn repeat(check: impl Fn() -> bool) -> u32 {
    (0..CALLS).map(|_| u32::from(check())).sum()
}

#[inline(never)]
fn check_hand(record: &Hand) -> bool {
    record.check().is_ok()
}

#[inline(never)]
fn check_gofarm(record: &Derived) -> bool {
    record.validate().is_ok()
}
