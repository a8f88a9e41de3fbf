//! Where instruments and their series live: [`Registry`].

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use gofarm_core::observe::{Instrument, InstrumentKind, Label, Observer, Signal};
use hashbrown::{DefaultHashBuilder, HashMap};

use super::boundaries::Boundaries;
use super::exemplar;
use super::family::{Family, Metadata};
use super::handle::{Bound, Counter, Gauge, Histogram, UpDownCounter};
use super::observable::Observation;
use super::scope::Scope;
use super::signal::{INSTRUMENTS, OVERFLOW, REFUSED};
use crate::clock::{Clock, Moment};
use crate::snapshot::{Snapshot, Temporality};
use crate::timestamp::Timestamp;

/// All instruments of a process; clones share them.
///
/// See the [module](super) for an example.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    clock: Clock,
    cardinality: usize,
    views: Vec<(Box<str>, Boundaries)>,
    scope: Scope,
    started: Moment,
    /// The date of `started` as it was last told, in Unix nanoseconds.
    start: AtomicU64,
    /// Families of the core's instruments, by their address: read at each signal, copied when a new one comes.
    by_address: ArcSwap<HashMap<usize, Arc<Family>, DefaultHashBuilder>>,
    families: Mutex<Vec<Arc<Family>>>,
}

/// What can be said about a [`Registry`] before it is made.
///
/// ```
/// use gofarm_otel::instrument::{Boundaries, Registry};
///
/// let registry = Registry::builder()
///     .cardinality(500)
///     .boundaries("farm.decision.delay", Boundaries::new(&[0.001, 0.01, 0.1, 1.0])?)
///     .build();
/// # Ok::<(), gofarm_otel::instrument::BoundariesError>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder builds nothing until `build`"]
pub struct Builder {
    clock: Clock,
    cardinality: usize,
    views: Vec<(Box<str>, Boundaries)>,
}

impl Builder {
    /// The clock that dates snapshots and exemplars; the operating system's if nothing is said.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The most series of one instrument, 1 or more; 2000 if nothing is said, as in the OpenTelemetry specification.
    pub fn cardinality(mut self, series: usize) -> Self {
        self.cardinality = series.max(1);
        self
    }

    /// The boundaries of the histogram with that name, before what the code that measures says; otherwise its unit
    /// decides ([`Boundaries::for_unit`]).
    pub fn boundaries(mut self, name: &str, boundaries: Boundaries) -> Self {
        self.views.push((name.into(), boundaries));
        self
    }

    /// The registry.
    #[must_use]
    pub fn build(self) -> Registry {
        let started = self.clock.now();
        let registry = Registry(Arc::new(Inner {
            start: AtomicU64::new(self.clock.timestamp(started).as_unix_nanos()),
            started,
            clock: self.clock,
            cardinality: self.cardinality,
            views: self.views,
            scope: Scope::new(Scope::GOFARM),
            by_address: ArcSwap::default(),
            families: Mutex::default(),
        }));
        registry.register(&INSTRUMENTS);
        registry
    }
}

impl Registry {
    /// A registry with the defaults of its [`Builder`].
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Says more about a registry before it is made.
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::system(),
            cardinality: 2000,
            views: Vec::new(),
        }
    }

    /// Makes instruments known before their first signal, so that a counter that never fired is exported as 0.
    ///
    /// A sum or a histogram gets a series without labels. It is exported while it is the only one: as soon as one
    /// with labels exists, a series without them that nobody wrote to or holds is left out. Which labels will come,
    /// nobody knows here: whoever wants *those* series at 0 from the start holds their handles. A gauge has no value
    /// until it is set, so registration exports nothing for it.
    pub fn register(&self, instruments: &[&'static Instrument]) {
        for instrument in instruments {
            let family = self.family(instrument);
            if instrument.kind() != InstrumentKind::Gauge {
                family.seed();
            }
        }
    }

    /// A held counter. An instrument of another kind gives a handle that leads nowhere, which is counted.
    #[must_use]
    pub fn counter(&self, instrument: &'static Instrument, labels: &[Label<'_>]) -> Counter {
        Counter::new(self.bind(instrument, InstrumentKind::Counter, labels))
    }

    /// A held up-down counter. An instrument of another kind gives a handle that leads nowhere, which is counted.
    #[must_use]
    pub fn up_down_counter(
        &self,
        instrument: &'static Instrument,
        labels: &[Label<'_>],
    ) -> UpDownCounter {
        UpDownCounter::new(self.bind(instrument, InstrumentKind::UpDownCounter, labels))
    }

    /// A held gauge. An instrument of another kind gives a handle that leads nowhere, which is counted.
    #[must_use]
    pub fn gauge(&self, instrument: &'static Instrument, labels: &[Label<'_>]) -> Gauge {
        Gauge::new(self.bind(instrument, InstrumentKind::Gauge, labels))
    }

    /// A held histogram. An instrument of another kind gives a handle that leads nowhere, which is counted.
    #[must_use]
    pub fn histogram(&self, instrument: &'static Instrument, labels: &[Label<'_>]) -> Histogram {
        Histogram::new(self.bind(instrument, InstrumentKind::Histogram, labels))
    }

    /// A held histogram with these boundaries, unless a [view](Builder::boundaries) or an earlier use of the
    /// instrument has decided already: all series of an instrument have the same ones.
    #[must_use]
    pub fn histogram_with(
        &self,
        instrument: &'static Instrument,
        labels: &[Label<'_>],
        boundaries: &Boundaries,
    ) -> Histogram {
        self.resolve(instrument, Some(boundaries));
        self.histogram(instrument, labels)
    }

    /// Asks `callback` for the values of a gauge or for the totals of a sum, each time somebody collects.
    ///
    /// It runs on the task that collects, holds no lock of the registry, and must neither block nor panic. A
    /// histogram cannot be asked for: the callback is dropped. A callback that holds this registry keeps it alive.
    ///
    /// ```
    /// use gofarm_core::observe::{Instrument, Label};
    /// use gofarm_otel::instrument::Registry;
    ///
    /// static FREE: Instrument = Instrument::gauge("farm.disk.free", "By", "Room left on a disk");
    ///
    /// let registry = Registry::new();
    /// registry.observable(&FREE, |disks| disks.set_whole(4096, &[Label::text("disk", "spool")]));
    /// assert!(registry.collect(registry.clock().now()).get("farm.disk.free").is_some());
    /// ```
    pub fn observable(
        &self,
        instrument: &'static Instrument,
        callback: impl Fn(&Observation) + Send + Sync + 'static,
    ) {
        if instrument.kind() != InstrumentKind::Histogram {
            self.family(instrument).call_back(Box::new(callback));
        }
    }

    /// Copies everything, as of `now`, and asks the callbacks. The cost grows with the number of series.
    #[must_use]
    pub fn collect(&self, now: Moment) -> Snapshot {
        let families = self.lock().clone();
        self.tell(&OVERFLOW, &families, Family::overflowed);
        self.tell(&REFUSED, &families, Family::refused);
        let mut metrics: Vec<_> = families
            .iter()
            .filter_map(|family| family.collect())
            .collect();
        metrics.sort_by(|a, b| (&a.name, &a.scope).cmp(&(&b.name, &b.scope)));
        let at = self.0.clock.timestamp(now);
        Snapshot {
            temporality: Temporality::Cumulative,
            start: self.start(at),
            at,
            metrics,
        }
    }

    /// The clock that dates snapshots and exemplars.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Brings one of our own counters to what the families counted, by the instrument's name.
    fn tell(
        &self,
        instrument: &'static Instrument,
        families: &[Arc<Family>],
        count: impl Fn(&Family) -> u64,
    ) {
        let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
        for family in families {
            let count = count(family);
            if count > 0 {
                *totals.entry(&family.metadata().name).or_default() += count;
            }
        }
        for (name, total) in totals {
            let labels = [Label::text("instrument", name)];
            self.counter(instrument, &labels).raise_to(total);
        }
    }

    /// When counting began. The date moves only if the wall clock was set by more than a minute: a receiver takes
    /// each other start for a reset of every sum.
    fn start(&self, at: Timestamp) -> Timestamp {
        let told = self.0.start.load(Relaxed);
        let known = self.0.clock.timestamp(self.0.started).as_unix_nanos();
        let start = if told.abs_diff(known) > 60_000_000_000 {
            self.0.start.store(known, Relaxed);
            known
        } else {
            told
        };
        Timestamp::from_unix_nanos(start).min(at)
    }

    fn bind(
        &self,
        instrument: &'static Instrument,
        kind: InstrumentKind,
        labels: &[Label<'_>],
    ) -> Bound {
        let family = if instrument.kind() == kind {
            self.family(instrument)
        } else {
            // The name belongs to the other kind, so that this one leads nowhere.
            let real = self.family(instrument);
            let metadata = Metadata {
                kind,
                ..real.metadata().clone()
            };
            self.named(metadata)
        };
        let series = family.with(labels, Arc::clone);
        Bound::new(series, self.0.clock.clone())
    }

    fn family(&self, instrument: &'static Instrument) -> Arc<Family> {
        self.resolve(instrument, None)
    }

    fn resolve(&self, instrument: &'static Instrument, edges: Option<&Boundaries>) -> Arc<Family> {
        let address = address(instrument);
        if let Some(family) = self.0.by_address.load().get(&address) {
            return Arc::clone(family);
        }
        let boundaries = self.edges(instrument.name(), instrument.unit(), edges);
        let metadata = Metadata::of(instrument, self.0.scope.clone(), boundaries);
        let family = self.named(metadata);
        self.0.by_address.rcu(|map| {
            let mut map = HashMap::clone(map);
            map.insert(address, Arc::clone(&family));
            map
        });
        family
    }

    /// The boundaries of a histogram: by a view, else as the code said, else by the unit.
    pub(crate) fn edges(&self, name: &str, unit: &str, said: Option<&Boundaries>) -> Boundaries {
        let view = self.0.views.iter().rev().find(|(of, _)| **of == *name);
        let chosen = view.map(|(_, boundaries)| boundaries).or(said);
        chosen
            .cloned()
            .unwrap_or_else(|| Boundaries::for_unit(unit))
    }

    /// The family of that name and scope; a detached one if the name is taken by something else.
    pub(crate) fn named(&self, metadata: Metadata) -> Arc<Family> {
        let mut families = self.lock();
        let mut taken = false;
        for family in families
            .iter()
            .filter(|family| family.is_named_as(&metadata))
        {
            if family.agrees(&metadata) {
                return Arc::clone(family);
            }
            taken = true;
        }
        let family = if taken {
            Family::detached(metadata)
        } else {
            Family::new(metadata, self.0.cardinality)
        };
        let family = Arc::new(family);
        families.push(Arc::clone(&family));
        family
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Family>>> {
        self.0
            .families
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Statics do not move and are never freed, so an address is one instrument for ever.
fn address(instrument: &'static Instrument) -> usize {
    core::ptr::from_ref(instrument).addr()
}

/// Every signal becomes a measurement of its instrument, traced if it is within a sampled trace.
impl Observer for Registry {
    fn observe(&self, signal: &Signal<'_>) {
        let address = address(signal.instrument());
        let known = self.0.by_address.load();
        match known.get(&address) {
            Some(family) => self.take(family, signal),
            None => self.take(&self.family(signal.instrument()), signal),
        }
    }
}

impl Registry {
    fn take(&self, family: &Family, signal: &Signal<'_>) {
        let trace = || signal.trace().or_else(exemplar::current);
        family.with(signal.labels(), |series| {
            series.record(signal.measurement(), trace, &self.0.clock);
        });
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.lock().len();
        f.debug_struct("Registry")
            .field("instruments", &families)
            .finish_non_exhaustive()
    }
}
