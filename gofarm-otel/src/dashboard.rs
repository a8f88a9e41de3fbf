//! Prometheus rules and Grafana dashboards, generated from the list of instruments.
//!
//! A dashboard that was drawn by hand is right until somebody renames a metric; then the alert for a leaking valve is
//! silent, and silence looks like health. Here every panel and rule is made from the [`Instrument`]s that the crates
//! really emit: a metric's name is computed by the function that the exporter uses, and a rule of the
//! [catalogue](Rules) that names an instrument which is not in the list is not written and can be
//! [asked for](Rules::left_out).
//!
//! What comes out are three files: rules for `prometheus` (recording and alerting), and two dashboards for Grafana: one
//! of the golden signals and of what farms fear, one with a panel for every instrument. They are plain
//! text to be kept beside a service's configuration, and written again when the crates change.
//!
//! ```
//! use gofarm_core::command;
//! use gofarm_otel::dashboard::{Rules, farm_dashboard};
//!
//! let instruments = [command::INSTRUMENTS.as_slice()];
//! let rules = Rules::new(&instruments);
//! assert!(rules.to_yaml().contains("gofarm_command_outcomes_total{outcome=\"indeterminate\"}"));
//! assert!(rules.left_out().contains(&"gofarm.valve.events")); // gofarm-hal's list was not given
//! let json = farm_dashboard(&instruments);
//! assert!(json.contains("Commands that ended"));
//! ```

mod catalogue;
mod expression;
mod grafana;
mod rules;

use gofarm_core::observe::{Instrument, InstrumentKind};

pub use catalogue::Severity;
pub use grafana::{farm_dashboard, golden_dashboard};
pub use rules::Rules;

use crate::exposition::family_name;

/// The lists of instruments of several crates: each module's `INSTRUMENTS`.
pub type Lists<'a> = [&'a [&'static Instrument]];

fn find(lists: &Lists<'_>, name: &str) -> Option<&'static Instrument> {
    all(lists).find(|instrument| instrument.name() == name)
}

fn all<'a>(lists: &'a Lists<'_>) -> impl Iterator<Item = &'static Instrument> + 'a {
    lists.iter().flat_map(|list| list.iter().copied())
}

/// The name that queries use: with `_total` for a counter; a histogram's takes `_bucket`, `_count` or `_sum`.
fn metric_name(instrument: &Instrument) -> String {
    let mut name = family_name(instrument.name(), instrument.unit(), instrument.kind());
    if instrument.kind() == InstrumentKind::Counter {
        name.push_str("_total");
    }
    name
}
