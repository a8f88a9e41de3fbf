//! The metrics that share a name in Prometheus.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write as _;

use gofarm_core::observe::InstrumentKind;

use super::escape::Quoted;
use super::name::{family_name, has_suffix, label_name, unit_suffix};
use super::number::Real;
use crate::attribute::{Attribute, Value};
use crate::instrument::{Exemplar, Number, Scope};
use crate::snapshot::{Data, HistogramPoint, Metric, Snapshot};

/// One family: what stands under one `# TYPE` line.
pub(super) struct Family<'a> {
    pub(super) name: String,
    /// Only if the name ends in it.
    pub(super) unit: String,
    pub(super) help: &'a str,
    pub(super) kind: Kind,
    pub(super) points: Vec<Point<'a>>,
}

/// The types that both formats know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The labels of a point, between no braces, and what it holds.
pub(super) struct Point<'a> {
    pub(super) labels: String,
    pub(super) value: Content<'a>,
}

pub(super) enum Content<'a> {
    Number(Number, Option<&'a Exemplar>),
    Histogram(&'a [f64], &'a HistogramPoint),
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The families of a snapshot, by name, and how much had no name of its own.
pub(super) fn families(snapshot: &Snapshot) -> (Vec<Family<'_>>, usize) {
    let mut families: BTreeMap<String, (Family<'_>, BTreeSet<String>)> = BTreeMap::new();
    // Names of lines, and whose they are. The page begins with the resource.
    let target = ["target", "target_info"].map(|name| (name.into(), String::new()));
    let mut taken = BTreeMap::from(target);
    let mut left_out = 0;
    for metric in &snapshot.metrics {
        let family = family(metric);
        let name = family.name.clone();
        let names = sample_names(&family);
        let clash = |sample: &String| taken.get(sample).is_some_and(|owner| *owner != name);
        if names.iter().any(clash) {
            left_out += 1;
            continue;
        }
        let entry = families.entry(name.clone());
        let (known, seen) = entry.or_insert_with(|| (family, BTreeSet::new()));
        if known.kind != kind(metric) {
            left_out += 1;
            continue;
        }
        for sample in names {
            taken.insert(sample, name.clone());
        }
        for point in points(metric) {
            if seen.insert(point.labels.clone()) {
                known.points.push(point);
            } else {
                left_out += 1;
            }
        }
    }
    let families = families.into_values().map(|(family, _)| family);
    (families.collect(), left_out)
}

fn family(metric: &Metric) -> Family<'_> {
    let of = match kind(metric) {
        Kind::Counter => InstrumentKind::Counter,
        Kind::Histogram => InstrumentKind::Histogram,
        Kind::Gauge if matches!(metric.data, Data::Sum { .. }) => InstrumentKind::UpDownCounter,
        Kind::Gauge => InstrumentKind::Gauge,
    };
    let name = family_name(&metric.name, &metric.unit, of);
    let mut unit = unit_suffix(&metric.unit, of);
    if !has_suffix(&name, &unit) {
        unit.clear();
    }
    Family {
        name,
        unit,
        help: &metric.description,
        kind: kind(metric),
        points: Vec::new(),
    }
}

const fn kind(metric: &Metric) -> Kind {
    match metric.data {
        Data::Sum {
            monotonic: true, ..
        } => Kind::Counter,
        Data::Sum { .. } | Data::Gauge(_) => Kind::Gauge,
        Data::Histogram { .. } => Kind::Histogram,
    }
}

/// Every name that a line of the family, or its declaration, may have.
fn sample_names(family: &Family<'_>) -> Vec<String> {
    let suffixes: &[&str] = match family.kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Gauge => &[""],
        Kind::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
    };
    let name = &family.name;
    suffixes
        .iter()
        .map(|suffix| format!("{name}{suffix}"))
        .collect()
}

fn points(metric: &Metric) -> Vec<Point<'_>> {
    let scope = scope_labels(&metric.scope);
    let labels =
        |labels: &crate::instrument::Labels| rendered(labels.iter().chain(scope.iter().copied()));
    match &metric.data {
        Data::Sum { points, .. } | Data::Gauge(points) => points
            .iter()
            .map(|point| Point {
                labels: labels(&point.labels),
                value: Content::Number(point.value, point.exemplar.as_ref()),
            })
            .collect(),
        Data::Histogram { boundaries, points } => points
            .iter()
            .map(|point| Point {
                labels: labels(&point.labels),
                value: Content::Histogram(boundaries.as_slice(), point),
            })
            .collect(),
    }
}

/// What tells the metrics of other libraries apart; our own need no such labels.
fn scope_labels(scope: &Scope) -> Vec<Attribute<'_>> {
    if scope.name() == Scope::GOFARM {
        return Vec::new();
    }
    let mut labels = Vec::from([Attribute::text("otel_scope_name", scope.name())]);
    if !scope.version().is_empty() {
        labels.push(Attribute::text("otel_scope_version", scope.version()));
    }
    labels
}

/// `a="1",b="2"`, sorted; the values of keys that become the same name are joined by `;`, and an empty value is left
/// out, which for Prometheus is the same.
pub(super) fn rendered<'a>(attributes: impl Iterator<Item = Attribute<'a>>) -> String {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for attribute in attributes {
        let value = match attribute.value {
            Value::Text(text) => text.into(),
            Value::Bool(bool) => bool.to_string(),
            Value::Int(int) => int.to_string(),
            Value::Double(double) => Real(double).to_string(),
        };
        if value.is_empty() {
            continue;
        }
        let mut name = label_name(attribute.key);
        if name == "le" {
            // The label of a histogram's buckets.
            name = "exported_le".into();
        }
        labels
            .entry(name)
            .and_modify(|known| {
                known.push(';');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    let mut text = String::new();
    for (name, value) in labels {
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{name}={}", Quoted(&value));
    }
    text
}
