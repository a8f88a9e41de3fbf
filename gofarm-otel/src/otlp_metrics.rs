//! Metrics as OTLP carries them: [`MetricsEncoder`].
//!
//! A gateway that watches a thousand devices has more metrics than a receiver takes in one request (gRPC: 4 MiB) or
//! a spool in one segment. So a snapshot becomes as many requests as it needs, each below a bound, and each written
//! once, into the bytes that are sent.
//!
//! Source: opentelemetry-proto 1.x, `metrics/v1/metrics.proto`.

use alloc::vec::Vec;
use core::ops::Range;

use crate::attribute::Value;
use crate::batch::{Batch, Kind};
use crate::instrument::{Exemplar, Labels, Number, Scope};
use crate::protobuf::{Message, attribute};
use crate::resource::Resource;
use crate::snapshot::{Data, Delta, HistogramPoint, Metric, NumberPoint, Snapshot, Temporality};
use crate::timestamp::Timestamp;

/// Turns snapshots into OTLP requests, cumulative unless told otherwise.
///
/// ```
/// use gofarm_core::observe::Instrument;
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::instrument::Registry;
/// use gofarm_otel::otlp_metrics::MetricsEncoder;
/// use gofarm_otel::resource::Resource;
///
/// static LITRES: Instrument = Instrument::counter("farm.water.used", "L", "Water through the main valve");
///
/// let registry = Registry::new();
/// registry.counter(&LITRES, &[]).add(120);
/// let mut encoder = MetricsEncoder::new(&Resource::new("gateway"));
/// let batches = encoder.encode(registry.collect(registry.clock().now()));
/// assert_eq!((batches.len(), batches[0].kind), (1, Kind::Metrics));
/// ```
#[derive(Debug)]
pub struct MetricsEncoder {
    resource: Vec<u8>,
    delta: Option<Delta>,
    max_bytes: usize,
    /// When the snapshot before was read: exemplars up to then were sent.
    last: Timestamp,
}

/// Some points of a metric.
struct Piece<'a> {
    metric: &'a Metric,
    points: Range<usize>,
}

/// What is the same for all points of a snapshot.
#[derive(Clone, Copy)]
struct Times {
    temporality: Temporality,
    /// When counting began, of sums that are never differences.
    origin: Timestamp,
    start: Timestamp,
    at: Timestamp,
    last: Timestamp,
}

impl MetricsEncoder {
    /// Requests of at most 512 KiB, with cumulative sums, from that resource.
    #[must_use]
    pub fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.encode(),
            delta: None,
            max_bytes: 512 * 1024,
            last: Timestamp::UNKNOWN,
        }
    }

    /// Sums that grow and histograms as differences to the snapshot before; costs memory for each series.
    #[must_use]
    pub fn delta(mut self) -> Self {
        self.delta = Some(Delta::new());
        self
    }

    /// The most bytes of one request; a single point that is larger goes alone and is not cut.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The requests that carry a snapshot; none if there are no points. An exemplar is sent once.
    #[must_use]
    pub fn encode(&mut self, snapshot: Snapshot) -> Vec<Batch> {
        let origin = snapshot.start;
        let snapshot = match &mut self.delta {
            Some(delta) => delta.since_last(snapshot),
            None => snapshot,
        };
        if snapshot.at < self.last {
            // The wall clock was set back, so that dates before and after do not compare.
            self.last = Timestamp::UNKNOWN;
        }
        let times = Times {
            temporality: snapshot.temporality,
            origin,
            start: snapshot.start,
            at: snapshot.at,
            last: self.last,
        };
        self.last = snapshot.at;
        let requests = self.requests(&snapshot);
        requests
            .iter()
            .map(|pieces| self.request(pieces, times))
            .collect()
    }

    /// Cuts a snapshot into requests, by an upper bound of their sizes.
    fn requests<'a>(&self, snapshot: &'a Snapshot) -> Vec<Vec<Piece<'a>>> {
        let empty = self.resource.len() + 32;
        let mut requests = Vec::new();
        let mut request: Vec<Piece<'a>> = Vec::new();
        let mut size = empty;
        for metric in by_scope(&snapshot.metrics) {
            let head = head_size(metric);
            let mut from = 0;
            size += head;
            for point in 0..metric.len() {
                let more = point_size(metric, point);
                if size + more > self.max_bytes && size > empty + head {
                    if point > from {
                        let points = from..point;
                        request.push(Piece { metric, points });
                    }
                    requests.push(core::mem::take(&mut request));
                    (from, size) = (point, empty + head);
                }
                size += more;
            }
            let points = from..metric.len();
            request.push(Piece { metric, points });
        }
        requests.push(request);
        requests.retain(|request| !request.is_empty());
        requests
    }

    fn request(&self, pieces: &[Piece<'_>], times: Times) -> Batch {
        let mut body = Vec::new();
        Message::new(&mut body).message(1, |m| {
            m.bytes(1, &self.resource);
            for pieces in pieces.chunk_by(|a, b| a.metric.scope == b.metric.scope) {
                let Some(first) = pieces.first() else {
                    continue;
                };
                m.message(2, |m| {
                    m.message(1, |m| scope(m, &first.metric.scope));
                    for piece in pieces {
                        m.message(2, |m| metric(m, piece, times));
                    }
                });
            }
        });
        let items: usize = pieces.iter().map(|piece| piece.points.len()).sum();
        Batch {
            kind: Kind::Metrics,
            items: u32::try_from(items).unwrap_or(u32::MAX),
            body,
        }
    }
}

/// The metrics of one scope after those of another; there are few scopes.
fn by_scope(metrics: &[Metric]) -> impl Iterator<Item = &Metric> {
    let mut scopes: Vec<&Scope> = Vec::new();
    for metric in metrics {
        if !scopes.contains(&&metric.scope) {
            scopes.push(&metric.scope);
        }
    }
    scopes
        .into_iter()
        .flat_map(|scope| metrics.iter().filter(move |metric| metric.scope == *scope))
}

/// At most so many bytes are the metric without its points, in a scope of its own.
fn head_size(metric: &Metric) -> usize {
    let scope = &metric.scope;
    let texts = [&metric.name, &metric.unit, &metric.description].map(|text| text.len());
    let scope = scope.name().len() + scope.version().len() + labels_size(scope.attributes());
    texts.iter().sum::<usize>() + scope + 64
}

fn point_size(metric: &Metric, point: usize) -> usize {
    const EXEMPLAR: usize = 48;
    match &metric.data {
        Data::Sum { points, .. } | Data::Gauge(points) => points
            .get(point)
            .map_or(0, |point| labels_size(&point.labels) + 40 + EXEMPLAR),
        Data::Histogram { boundaries, points } => points.get(point).map_or(0, |point| {
            let edges = boundaries.as_slice().len();
            labels_size(&point.labels) + 72 + 16 * edges + EXEMPLAR * point.exemplars.len()
        }),
    }
}

fn labels_size(labels: &Labels) -> usize {
    let size = |value| match value {
        Value::Text(text) => str::len(text),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => 10,
    };
    labels
        .iter()
        .map(|label| label.key.len() + size(label.value) + 24)
        .sum()
}

fn scope(m: &mut Message<'_>, scope: &Scope) {
    m.text(1, scope.name());
    if !scope.version().is_empty() {
        m.text(2, scope.version());
    }
    labels(m, 3, scope.attributes());
}

fn labels(m: &mut Message<'_>, field: u32, labels: &Labels) {
    for label in labels.iter() {
        attribute(m, field, &label);
    }
}

fn metric(m: &mut Message<'_>, piece: &Piece<'_>, times: Times) {
    let metric = piece.metric;
    m.text(1, &metric.name);
    if !metric.description.is_empty() {
        m.text(2, &metric.description);
    }
    if !metric.unit.is_empty() {
        m.text(3, &metric.unit);
    }
    let range = piece.points.clone();
    match &metric.data {
        Data::Gauge(points) => m.message(5, |m| {
            for point in points.get(range).unwrap_or_default() {
                m.message(1, |m| number(m, point, None, times));
            }
        }),
        Data::Sum { monotonic, points } => m.message(7, |m| {
            let (temporality, start) = if *monotonic {
                (times.temporality, times.start)
            } else {
                (Temporality::Cumulative, times.origin)
            };
            for point in points.get(range).unwrap_or_default() {
                m.message(1, |m| number(m, point, Some(start), times));
            }
            m.varint(2, code(temporality));
            m.varint(3, u64::from(*monotonic));
        }),
        Data::Histogram { boundaries, points } => m.message(9, |m| {
            for point in points.get(range).unwrap_or_default() {
                m.message(1, |m| histogram(m, point, boundaries.as_slice(), times));
            }
            m.varint(2, code(times.temporality));
        }),
    }
}

/// `AggregationTemporality`.
const fn code(temporality: Temporality) -> u64 {
    match temporality {
        Temporality::Delta => 1,
        Temporality::Cumulative => 2,
    }
}

/// A `NumberDataPoint`.
fn number(m: &mut Message<'_>, point: &NumberPoint, start: Option<Timestamp>, times: Times) {
    if let Some(start) = start {
        m.fixed64(2, start.as_unix_nanos());
    }
    m.fixed64(3, times.at.as_unix_nanos());
    match point.value {
        Number::Double(double) => m.double(4, double),
        Number::Int(int) => m.sfixed64(6, int),
    }
    exemplars(m, 5, point.exemplar.iter(), times);
    labels(m, 7, &point.labels);
}

/// A `HistogramDataPoint`.
fn histogram(m: &mut Message<'_>, point: &HistogramPoint, edges: &[f64], times: Times) {
    m.fixed64(2, times.start.as_unix_nanos());
    m.fixed64(3, times.at.as_unix_nanos());
    m.fixed64(4, point.count());
    m.double(5, point.sum);
    m.packed(6, point.buckets.iter().copied());
    m.packed(7, edges.iter().map(|edge| edge.to_bits()));
    let latest = point.exemplars.iter().map(|(_, exemplar)| exemplar);
    exemplars(m, 8, latest, times);
    labels(m, 9, &point.labels);
}

/// Each `Exemplar` that was not sent before.
fn exemplars<'a>(
    m: &mut Message<'_>,
    field: u32,
    exemplars: impl Iterator<Item = &'a Exemplar>,
    times: Times,
) {
    for exemplar in exemplars.filter(|exemplar| exemplar.at > times.last) {
        m.message(field, |m| {
            m.fixed64(2, exemplar.at.as_unix_nanos());
            m.double(3, exemplar.value);
            m.bytes(4, exemplar.context.span_id().as_bytes());
            m.bytes(5, exemplar.context.trace_id().as_bytes());
        });
    }
}
