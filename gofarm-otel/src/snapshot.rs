//! What all metrics stood at, at one moment: [`Snapshot`].
//!
//! Exporters differ in format and in rhythm, and some are slow. None of them touches the atomics that the hot
//! path writes: a registry is copied into plain values, and the formats are functions of those.

mod delta;

use alloc::borrow::Cow;
use alloc::vec::Vec;

pub use delta::Delta;

use crate::instrument::{Boundaries, Exemplar, Labels, Number, Scope};
use crate::timestamp::Timestamp;

/// All metrics at one moment, sorted by name and then by scope.
///
/// Each number is read on its own: a measurement that is made meanwhile may be in one and not yet in another, such
/// as in a histogram's buckets but not in its sum.
///
/// ```
/// use gofarm_core::observe::{Instrument, Observer};
/// use gofarm_otel::instrument::Registry;
/// use gofarm_otel::snapshot::Data;
///
/// static LEVEL: Instrument = Instrument::gauge("farm.tank.level", "m", "Water in the tank");
///
/// let registry = Registry::new();
/// registry.observe(&LEVEL.measure(1.25));
/// let snapshot = registry.collect(registry.clock().now());
/// let Some(Data::Gauge(points)) = snapshot.get("farm.tank.level").map(|metric| &metric.data) else {
///     panic!("a gauge")
/// };
/// assert_eq!(points[0].value.as_f64(), 1.25);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// What sums and histograms count from.
    pub temporality: Temporality,
    /// When they began to count.
    pub start: Timestamp,
    /// When this was read.
    pub at: Timestamp,
    /// The metrics that have at least one point.
    pub metrics: Vec<Metric>,
}

/// What sums and histograms count from (OpenTelemetry metrics data model); an exporter matches it in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// Since the registry was made.
    #[default]
    Cumulative,
    /// Since the snapshot before.
    Delta,
}

/// One instrument and its points.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The library that measures.
    pub scope: Scope,
    /// The dotted name.
    pub name: Cow<'static, str>,
    /// The UCUM unit; may be empty.
    pub unit: Cow<'static, str>,
    /// One sentence for a person; may be empty.
    pub description: Cow<'static, str>,
    /// The points.
    pub data: Data,
}

/// The points of a metric, sorted by their labels; an exporter matches it in full.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Sums.
    Sum {
        /// Whether they only grow.
        monotonic: bool,
        /// One for each set of labels.
        points: Vec<NumberPoint>,
    },
    /// Last values, one for each set of labels.
    Gauge(Vec<NumberPoint>),
    /// Distributions.
    Histogram {
        /// The edges of every point's buckets.
        boundaries: Boundaries,
        /// One for each set of labels.
        points: Vec<HistogramPoint>,
    },
}

/// A number for a set of labels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NumberPoint {
    /// The labels.
    pub labels: Labels,
    /// The number.
    pub value: Number,
    /// The latest traced measurement, of a sum.
    pub exemplar: Option<Exemplar>,
}

/// A distribution for a set of labels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HistogramPoint {
    /// The labels.
    pub labels: Labels,
    /// Observations in each bucket alone, not added up; one more than there are boundaries.
    pub buckets: Vec<u64>,
    /// The sum of all observations.
    pub sum: f64,
    /// The latest traced measurement of a bucket, by the bucket's place.
    pub exemplars: Vec<(usize, Exemplar)>,
}

impl HistogramPoint {
    /// How many observations there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl Metric {
    /// How many points there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.data {
            Data::Sum { points, .. } | Data::Gauge(points) => points.len(),
            Data::Histogram { points, .. } => points.len(),
        }
    }

    /// Whether there are no points.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Snapshot {
    /// The metric of that name, of whichever scope comes first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}
