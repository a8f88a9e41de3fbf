//! From totals to what came since the last time: [`Delta`].

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Data, HistogramPoint, Metric, NumberPoint, Snapshot, Temporality};
use crate::instrument::{Labels, Number};
use crate::timestamp::Timestamp;

/// Turns cumulative snapshots into what came since the one before, for a receiver that wants it so.
///
/// It remembers every total that it saw, so it costs memory for each series; cumulative export needs none.
/// Only sums that grow and histograms become differences; an up-down counter stays a total, as the
/// OpenTelemetry specification's delta preference says.
///
/// ```
/// use gofarm_core::observe::Instrument;
/// use gofarm_otel::instrument::{Number, Registry};
/// use gofarm_otel::snapshot::{Data, Delta};
///
/// static LITRES: Instrument = Instrument::counter("farm.water.used", "L", "Water through the main valve");
///
/// let registry = Registry::new();
/// let litres = registry.counter(&LITRES, &[]);
/// let mut delta = Delta::new();
/// let mut seen = Vec::new();
/// for n in [5, 7] {
///     litres.add(n);
///     let snapshot = delta.since_last(registry.collect(registry.clock().now()));
///     let Some(Data::Sum { points, .. }) = snapshot.get("farm.water.used").map(|m| &m.data) else { panic!() };
///     seen.push(points[0].value);
/// }
/// assert_eq!(seen, [Number::Int(5), Number::Int(7)]);
/// ```
#[derive(Debug, Default)]
pub struct Delta {
    at: Option<Timestamp>,
    totals: BTreeMap<Key, Total>,
}

type Key = (Cow<'static, str>, Cow<'static, str>, Labels);

#[derive(Debug)]
enum Total {
    Number(Number),
    Histogram(Vec<u64>, f64),
}

impl Delta {
    /// Nothing was seen yet: the first snapshot passes as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What came since the last snapshot that was given here.
    ///
    /// A total that fell has begun again and counts in full. Points to which nothing was added are left out.
    #[must_use]
    pub fn since_last(&mut self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.temporality = Temporality::Delta;
        for metric in &mut snapshot.metrics {
            let scope: Cow<'static, str> = Cow::Owned(metric.scope.name().into());
            let Metric { name, data, .. } = metric;
            let totals = &mut self.totals;
            let mut before = |labels: &Labels, total: Total| {
                totals.insert((name.clone(), scope.clone(), labels.clone()), total)
            };
            match data {
                Data::Sum {
                    monotonic: true,
                    points,
                } => points.retain_mut(|point| {
                    let last = before(&point.labels, Total::Number(point.value));
                    subtract_number(point, last)
                }),
                Data::Histogram { points, .. } => points.retain_mut(|point| {
                    let total = Total::Histogram(point.buckets.clone(), point.sum);
                    let last = before(&point.labels, total);
                    subtract_histogram(point, last)
                }),
                Data::Sum { .. } | Data::Gauge(_) => {}
            }
        }
        snapshot.metrics.retain(|metric| !metric.is_empty());
        if let Some(last) = self.at.replace(snapshot.at) {
            snapshot.start = last.min(snapshot.at);
        }
        snapshot
    }
}

/// Whether anything is left.
fn subtract_number(point: &mut NumberPoint, last: Option<Total>) -> bool {
    match (point.value, last) {
        (Number::Int(now), Some(Total::Number(Number::Int(last)))) if now >= last => {
            point.value = Number::Int(now - last);
        }
        (now, Some(Total::Number(last))) if now.as_f64() >= last.as_f64() => {
            point.value = Number::Double(now.as_f64() - last.as_f64());
        }
        _ => {}
    }
    point.value.as_f64() != 0.0
}

/// Whether anything is left.
fn subtract_histogram(point: &mut HistogramPoint, last: Option<Total>) -> bool {
    if let Some(Total::Histogram(buckets, sum)) = last
        && buckets.len() == point.buckets.len()
        && point
            .buckets
            .iter()
            .zip(&buckets)
            .all(|(now, last)| now >= last)
    {
        for (now, last) in point.buckets.iter_mut().zip(&buckets) {
            *now -= last;
        }
        point.sum -= sum;
    }
    point.count() > 0
}
