//! The rules and dashboards in `examples/dashboards`, made from what the crates really emit.

use gofarm_otel::dashboard::{Rules, farm_dashboard, golden_dashboard};

use crate::instruments;

/// Each file's name and its text.
#[must_use]
pub fn files() -> [(&'static str, String); 3] {
    let lists = instruments::all();
    let rules = Rules::new(&lists);
    [
        ("rules.yml", rules.to_yaml().to_owned()),
        ("golden_signals.json", golden_dashboard(&lists)),
        ("all_instruments.json", farm_dashboard(&lists)),
    ]
}
