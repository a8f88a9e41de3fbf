//! The circuit breaker: sequence tables as data, laws as properties.

mod laws;
mod refusals;
mod restart;
mod table;

use gofarm_resilience::memory::{Owned, Shared};

/// Every table runs in both memories, and says where it broke.
#[test]
fn sequence_tables_hold_in_both_memories() {
    let mut rows = 0;
    for (name, text) in TABLES {
        for case in table::cases(name, text) {
            rows += case.run::<Owned>();
            assert!(case.run::<Shared>() > 0, "{name}: an empty case");
        }
    }
    assert!(rows >= 300, "only {rows} rows");
}

macro_rules! tables {
    ($($name:literal),+ $(,)?) => {
        const TABLES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../data/breaker/", $name, ".txt")))),+];
    };
}

tables![
    "consecutive",
    "count_window",
    "time_window",
    "latency",
    "half_open",
    "open_time",
    "ramp",
    "rate",
    "hold",
    "late",
    "presets",
    "configure",
];
