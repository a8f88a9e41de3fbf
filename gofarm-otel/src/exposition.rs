//! Metrics as Prometheus reads them: text 0.0.4 and OpenMetrics 1.0, from one [`Snapshot`].
//!
//! The names of OpenTelemetry and of Prometheus differ, and so each exporter renames. What is written here follows
//! the OpenTelemetry specification "Prometheus and OpenMetrics Compatibility", with underscores for what the old
//! character set does not have:
//!
//! | OpenTelemetry | Prometheus |
//! |---|---|
//! | `gofarm.command.refused`, a counter in `{command}` | `gofarm_command_refused_total` |
//! | `gofarm.decision.delay`, a histogram in `s` | `gofarm_decision_delay_seconds` |
//! | `farm.tank.fill`, a gauge in `1` | `farm_tank_fill_ratio` |
//! | the resource | `target_info` |
//! | a scope other than GoFarm's own | labels `otel_scope_name`, `otel_scope_version` |
//!
//! Two metrics that end up with the same name cannot both be written: if they are of one kind, points with other
//! labels join the one whose dotted name sorts first, else the other is left out and [counted](Written::left_out).
//!
//! What it does not do: `_created` samples (Prometheus stores each as a series of its own), UTF-8 names, the protobuf
//! format, compression.
//!
//! ```
//! use gofarm_core::observe::Instrument;
//! use gofarm_otel::exposition::{Format, write};
//! use gofarm_otel::instrument::Registry;
//! use gofarm_otel::resource::Resource;
//!
//! static LITRES: Instrument = Instrument::counter("farm.water.used", "L", "Water through the main valve");
//!
//! let registry = Registry::new();
//! registry.counter(&LITRES, &[]).add(120);
//! let mut page = String::new();
//! let snapshot = registry.collect(registry.clock().now());
//! write(&mut page, Format::OpenMetrics, &snapshot, &Resource::new("gateway"))?;
//! assert!(page.contains("# TYPE farm_water_used_liters counter\n"));
//! assert!(page.contains("farm_water_used_liters_total 120\n"));
//! # Ok::<(), core::fmt::Error>(())
//! ```

mod escape;
mod family;
mod name;
mod negotiate;
mod number;
mod page;

use core::fmt;

use crate::resource::Resource;
use crate::snapshot::Snapshot;

pub use name::{family_name, label_name};

/// A format that Prometheus reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text 0.0.4: what everybody reads; it has no exemplars.
    #[default]
    Text,
    /// OpenMetrics 1.0: units, and exemplars that lead to a trace.
    OpenMetrics,
}

/// What a page holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Sample lines.
    pub samples: usize,
    /// Metrics or points without a name of their own.
    pub left_out: usize,
}

/// Writes a page: every metric of the snapshot and `target_info` for the resource.
///
/// The snapshot must be cumulative: Prometheus has no differences.
///
/// # Errors
/// Only if `out` fails.
pub fn write(
    out: &mut impl fmt::Write,
    format: Format,
    snapshot: &Snapshot,
    resource: &Resource,
) -> Result<Written, fmt::Error> {
    page::write(out, format, snapshot, resource)
}
