//! Numbers that are watched: a [`Registry`] of counters, gauges and histograms.
//!
//! A metric that is looked up by its labels pays for hashing and comparing them at each measurement. Here there are two
//! ways in, and both end in one relaxed atomic add (a histogram adds to its sum as well):
//!
//! - A **held handle** ([`Counter`], [`UpDownCounter`], [`Gauge`], [`Histogram`]) is resolved once from an
//!   [`Instrument`](gofarm_core::observe::Instrument) and its labels. It is what a layer keeps for each route.
//! - Any [`Signal`](gofarm_core::observe::Signal) of any crate, because a [`Registry`] is an
//!   [`Observer`](gofarm_core::observe::Observer). The instrument is found by its address and the series by its
//!   labels, in any order, without allocation after the first time.
//!
//! What is kept is cumulative; [`Registry::collect`] copies it into a [`Snapshot`](crate::snapshot::Snapshot) of plain
//! values, from which the exporters work. So the number of readers does not matter to those who count.
//!
//! Labels come from outside and may never repeat. An instrument therefore has at most
//! [`cardinality`](Builder::cardinality) series; what comes after, or has more than 4096 bytes of keys and texts,
//! shares one series labelled `otel.metric.overflow=true`, and `gofarm.otel.metric.overflow` counts it.
//!
//! A measurement of a sampled trace leaves an [`Exemplar`]: the latest one for each counter and for each bucket of a
//! histogram. Signals say their trace, or the current context of the OpenTelemetry API does; a held handle is told
//! ([`Counter::add_within`], [`Histogram::record_within`]) and looks nowhere by itself.
//!
//! What it does not do: series are never removed, histograms have fixed boundaries (no exponential ones) and no
//! minimum and maximum.
//!
//! ```
//! use gofarm_core::observe::{Instrument, Label, Observer};
//! use gofarm_otel::instrument::{Number, Registry};
//!
//! static LITRES: Instrument = Instrument::counter("farm.water.used", "L", "Water through the main valve");
//!
//! let registry = Registry::new();
//! let north = registry.counter(&LITRES, &[Label::text("zone", "north")]);
//! north.add(120);
//! // the same series, by a signal from anywhere
//! registry.observe(&LITRES.count(5).labelled(&[Label::text("zone", "north")]));
//! assert_eq!(north.value(), Number::Int(125));
//! ```

mod boundaries;
mod exemplar;
mod family;
mod handle;
mod labels;
mod observable;
mod registry;
mod scope;
mod series;
mod signal;

pub use boundaries::{Boundaries, BoundariesError};
pub use exemplar::Exemplar;
pub use handle::{Counter, Gauge, Histogram, UpDownCounter};
pub use labels::Labels;
pub use observable::Observation;
pub use registry::{Builder, Registry};
pub use scope::Scope;
pub use series::Number;
pub use signal::INSTRUMENTS;

pub(crate) use exemplar::current as current_trace;
pub(crate) use family::{Family, Metadata, NumberKind};
pub(crate) use labels::LabelSet;
