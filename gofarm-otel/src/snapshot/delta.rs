//! From totals to what came since the last time: [`Delta`].

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Data, HistogramPoint, NumberPoint, Snapshot, Temporality};
use crate::instrument::{Labels, Number, Scope};
use crate::timestamp::Timestamp;

/// Turns cumulative snapshots into what came since the one before, for a receiver that wants it so.
///
/// It remembers every total of the last snapshot, so it costs memory for each series; cumulative export needs none.
/// Only sums that grow and histograms become differences; an up-down counter stays a total since the registry was
/// made, as the OpenTelemetry specification's delta preference says.
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
    totals: BTreeMap<(Cow<'static, str>, Scope), Totals>,
}

/// The totals of one metric.
type Totals = BTreeMap<Labels, Total>;

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
    /// A total that fell, or that was not in the last snapshot, has begun again and counts in full. Points to which
    /// nothing was added are left out.
    #[must_use]
    pub fn since_last(&mut self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.temporality = Temporality::Delta;
        let mut before = core::mem::take(&mut self.totals);
        for metric in &mut snapshot.metrics {
            let key = (metric.name.clone(), metric.scope.clone());
            let mut last = before.remove(&key).unwrap_or_default();
            let totals = subtract(&mut metric.data, &mut last);
            if !totals.is_empty() {
                self.totals.insert(key, totals);
            }
        }
        snapshot.metrics.retain(|metric| !metric.is_empty());
        if let Some(last) = self.at.replace(snapshot.at) {
            snapshot.start = last.min(snapshot.at);
        }
        snapshot
    }
}

/// Takes the last totals off and gives the present ones.
fn subtract(data: &mut Data, last: &mut Totals) -> Totals {
    let mut totals = Totals::new();
    match data {
        Data::Sum {
            monotonic: true,
            points,
        } => points.retain_mut(|point| {
            totals.insert(point.labels.clone(), Total::Number(point.value));
            subtract_number(point, last.remove(&point.labels))
        }),
        Data::Histogram { points, .. } => points.retain_mut(|point| {
            let total = Total::Histogram(point.buckets.clone(), point.sum);
            totals.insert(point.labels.clone(), total);
            subtract_histogram(point, last.remove(&point.labels))
        }),
        Data::Sum { .. } | Data::Gauge(_) => {}
    }
    totals
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
