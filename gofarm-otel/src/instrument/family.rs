//! All series of one instrument.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use gofarm_core::observe::{Instrument, InstrumentKind};
use hashbrown::{DefaultHashBuilder, HashTable};

use super::boundaries::Boundaries;
use super::labels::{self, LabelSet, Labels};
use super::observable::{Callback, Observation};
use super::scope::Scope;
use super::series::{Cell, Number, Series};
use crate::attribute::Attribute;
use crate::snapshot::{Data, HistogramPoint, Metric, NumberPoint};

/// What is fixed about an instrument.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) scope: Scope,
    pub(crate) name: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) kind: InstrumentKind,
    pub(crate) number: NumberKind,
    pub(crate) boundaries: Boundaries,
}

/// The most bytes of keys and texts in one set of labels: with the cardinality this bounds the memory.
const MAX_TEXT: usize = 4096;

/// Which numbers are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberKind {
    /// As each measurement says.
    Either,
    Whole,
    Real,
}

impl Metadata {
    /// Of an instrument of the core.
    pub(crate) fn of(
        instrument: &'static Instrument,
        scope: Scope,
        boundaries: Boundaries,
    ) -> Self {
        Self {
            scope,
            name: instrument.name().into(),
            unit: instrument.unit().into(),
            description: instrument.description().into(),
            kind: instrument.kind(),
            number: NumberKind::Either,
            boundaries,
        }
    }
}

/// All series of one instrument.
pub(crate) struct Family {
    metadata: Metadata,
    cardinality: usize,
    /// Leads nowhere: the name was taken by another kind or unit.
    detached: bool,
    build: DefaultHashBuilder,
    series: RwLock<HashTable<Arc<Series>>>,
    overflow: OnceLock<Arc<Series>>,
    overflowed: AtomicU64,
    callbacks: Mutex<Vec<Arc<Callback>>>,
}

impl Family {
    pub(crate) fn new(metadata: Metadata, cardinality: usize) -> Self {
        Self {
            metadata,
            cardinality,
            detached: false,
            build: DefaultHashBuilder::default(),
            series: RwLock::default(),
            overflow: OnceLock::new(),
            overflowed: AtomicU64::new(0),
            callbacks: Mutex::default(),
        }
    }

    /// A family that is never exported, because its name belongs to another one: all that it takes is refused.
    pub(crate) fn detached(metadata: Metadata) -> Self {
        Self {
            detached: true,
            ..Self::new(metadata, 0)
        }
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(crate) fn is_named_as(&self, other: &Metadata) -> bool {
        self.metadata.name == other.name && self.metadata.scope == other.scope
    }

    /// Whether another definition of the name means the same.
    pub(crate) fn agrees(&self, other: &Metadata) -> bool {
        let is_whole_gauge =
            |m: &Metadata| m.kind == InstrumentKind::Gauge && m.number == NumberKind::Whole;
        self.metadata.kind == other.kind
            && self.metadata.unit == other.unit
            && is_whole_gauge(&self.metadata) == is_whole_gauge(other)
    }

    /// Hands the series of those labels to `f`, without allocation if it exists.
    pub(crate) fn with<L: LabelSet + ?Sized, R>(
        &self,
        set: &L,
        f: impl FnOnce(&Arc<Series>) -> R,
    ) -> R {
        let hash = labels::hash(&self.build, set);
        {
            let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
            let found = series.find(hash, |s| s.hash == hash && s.labels.matches(set));
            if let Some(found) = found {
                return f(found);
            }
            let is_full = series.len() >= self.cardinality && !labels::repeats(set);
            if is_full || labels::text_len(set) > MAX_TEXT {
                return f(self.overflow());
            }
        }
        f(&self.insert(Labels::of(set), false))
    }

    /// Makes the series without labels, at zero, unless it is there.
    pub(crate) fn seed(&self) {
        self.insert(Labels::of::<[Attribute<'_>]>(&[]), true);
    }

    fn insert(&self, labels: Labels, seeded: bool) -> Arc<Series> {
        let hash = labels::hash(&self.build, &labels);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = series.find(hash, |s| s.hash == hash && s.labels == labels) {
            return Arc::clone(found);
        }
        if series.len() >= self.cardinality {
            return Arc::clone(self.overflow());
        }
        let new = Arc::new(Series::new(&self.metadata, labels, hash, seeded));
        series.insert_unique(hash, Arc::clone(&new), |s| s.hash);
        new
    }

    /// The series for all that is too many; each time counts as one measurement.
    fn overflow(&self) -> &Arc<Series> {
        self.overflowed.fetch_add(1, Relaxed);
        self.overflow.get_or_init(|| {
            let labels = Labels::new(&[Attribute::bool("otel.metric.overflow", true)]);
            Arc::new(Series::new(&self.metadata, labels, 0, false))
        })
    }

    pub(crate) fn call_back(&self, callback: Callback) {
        let mut callbacks = self
            .callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        callbacks.push(Arc::new(callback));
    }

    pub(crate) fn overflowed(&self) -> u64 {
        if self.detached {
            return 0;
        }
        self.overflowed.load(Relaxed)
    }

    pub(crate) fn refused(&self) -> u64 {
        if self.detached {
            return self.overflowed.load(Relaxed);
        }
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let overflow = self.overflow.get().map_or(0, |series| series.refused());
        series.iter().map(|series| series.refused()).sum::<u64>() + overflow
    }

    /// A copy of all that is to be exported; nothing if there is nothing.
    pub(crate) fn collect(&self) -> Option<Metric> {
        if self.detached {
            return None;
        }
        let observed = self.observed();
        let mut series: Vec<Arc<Series>> = {
            let held = self.series.read().unwrap_or_else(PoisonError::into_inner);
            let several = held.len() > 1 || !observed.is_empty();
            let shown = held.iter().filter(|s| !(several && s.is_only_seed()));
            shown.chain(self.overflow.get()).map(Arc::clone).collect()
        };
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        let data = match self.metadata.kind {
            InstrumentKind::Histogram => Data::Histogram {
                boundaries: self.metadata.boundaries.clone(),
                points: series.iter().filter_map(|s| distribution(s)).collect(),
            },
            kind => {
                let mut points: Vec<_> = series.iter().filter_map(|s| number(s)).collect();
                merge(&mut points, observed);
                same_type(&mut points);
                match kind {
                    InstrumentKind::Gauge => Data::Gauge(points),
                    _ => Data::Sum {
                        monotonic: kind == InstrumentKind::Counter,
                        points,
                    },
                }
            }
        };
        let metric = Metric {
            scope: self.metadata.scope.clone(),
            name: self.metadata.name.clone(),
            unit: self.metadata.unit.clone(),
            description: self.metadata.description.clone(),
            data,
        };
        (!metric.is_empty()).then_some(metric)
    }

    /// Asks the callbacks, without holding a lock.
    fn observed(&self) -> Vec<(Labels, Number)> {
        let callbacks = {
            let callbacks = self.callbacks.lock();
            callbacks.unwrap_or_else(PoisonError::into_inner).clone()
        };
        let observation = Observation::new(self.cardinality);
        for callback in &callbacks {
            callback(&observation);
        }
        let (observed, over) = observation.finish();
        self.overflowed.fetch_add(over, Relaxed);
        observed
    }
}

/// Puts what was observed (sorted) in the place of points with the same labels.
fn merge(points: &mut Vec<NumberPoint>, observed: Vec<(Labels, Number)>) {
    if observed.is_empty() {
        return;
    }
    points.retain(|point| {
        let found = observed.binary_search_by(|(labels, _)| labels.cmp(&point.labels));
        found.is_err()
    });
    points.extend(observed.into_iter().map(|(labels, value)| NumberPoint {
        labels,
        value,
        exemplar: None,
    }));
    points.sort_by(|a, b| a.labels.cmp(&b.labels));
}

fn number(series: &Series) -> Option<NumberPoint> {
    let (value, exemplar) = match &series.cell {
        Cell::Sum(sum) => {
            let exemplar = sum.exemplars.read().next();
            (sum.read(), exemplar.map(|(_, exemplar)| exemplar))
        }
        Cell::Gauge(last) => (last.read()?, None),
        Cell::Histogram(_) => return None,
    };
    Some(NumberPoint {
        labels: series.labels.clone(),
        value,
        exemplar,
    })
}

fn distribution(series: &Series) -> Option<HistogramPoint> {
    let Cell::Histogram(histogram) = &series.cell else {
        return None;
    };
    Some(HistogramPoint {
        labels: series.labels.clone(),
        sum: histogram.sum(),
        buckets: histogram.read().into_vec(),
        exemplars: histogram.exemplars.read().collect(),
    })
}

/// One real number makes all of them real.
fn same_type(points: &mut [NumberPoint]) {
    let is_real = |point: &NumberPoint| matches!(point.value, Number::Double(_));
    if points.iter().any(is_real) {
        for point in points {
            point.value = Number::Double(point.value.as_f64());
        }
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
