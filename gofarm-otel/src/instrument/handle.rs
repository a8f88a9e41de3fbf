//! Series that are held: [`Counter`], [`UpDownCounter`], [`Gauge`], [`Histogram`].

use alloc::sync::Arc;

use gofarm_core::observe::Measurement;
use gofarm_core::trace_context::TraceContext;

use super::series::{Cell, Number, Series};
use crate::clock::Clock;

/// A sum that only grows, with its labels resolved; clones add to the same one.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct Counter(Bound);

/// A sum that may shrink, with its labels resolved; clones change the same one.
///
/// ```
/// use gofarm_core::observe::Instrument;
/// use gofarm_otel::instrument::{Number, Registry};
///
/// static ACTIVE: Instrument = Instrument::up_down_counter("http.server.active_requests", "{request}", "In flight");
///
/// let active = Registry::new().up_down_counter(&ACTIVE, &[]);
/// active.add(2);
/// active.add(-1);
/// assert_eq!(active.value(), Number::Int(1));
/// ```
#[derive(Clone, Debug)]
pub struct UpDownCounter(Bound);

/// A value of which the last one counts, with its labels resolved; clones set the same one.
///
/// It is not exported until it is set.
///
/// ```
/// use gofarm_core::observe::Instrument;
/// use gofarm_otel::instrument::{Number, Registry};
///
/// static LEVEL: Instrument = Instrument::gauge("farm.tank.level", "m", "Water in the tank");
///
/// let level = Registry::new().gauge(&LEVEL, &[]);
/// assert_eq!(level.value(), None);
/// level.set(1.25);
/// assert_eq!(level.value(), Some(Number::Double(1.25)));
/// ```
#[derive(Clone, Debug)]
pub struct Gauge(Bound);

/// A distribution of observations, with its labels resolved; clones count into the same one.
///
/// ```
/// use gofarm_core::observe::Instrument;
/// use gofarm_otel::instrument::Registry;
///
/// static DELAY: Instrument = Instrument::histogram("farm.decision.delay", "s", "From reading to command");
///
/// let delay = Registry::new().histogram(&DELAY, &[]);
/// delay.record(0.012);
/// delay.record(f64::NAN); // refused and counted
/// assert_eq!((delay.count(), delay.sum()), (1, 0.012));
/// ```
#[derive(Clone, Debug)]
pub struct Histogram(Bound);

/// A series and the clock that dates its exemplars.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    series: Arc<Series>,
    clock: Clock,
}

impl Bound {
    pub(crate) fn new(series: Arc<Series>, clock: Clock) -> Self {
        series.hold();
        Self { series, clock }
    }

    fn record(&self, measurement: Measurement, trace: Option<TraceContext>) {
        self.series.record(measurement, || trace, &self.clock);
    }

    fn number(&self) -> Option<Number> {
        match &self.series.cell {
            Cell::Sum(sum) => Some(sum.read()),
            Cell::Gauge(last) => last.read(),
            Cell::Histogram(_) => None,
        }
    }
}

impl Counter {
    pub(crate) const fn new(bound: Bound) -> Self {
        Self(bound)
    }

    /// Adds `n`: one relaxed atomic add.
    #[inline]
    pub fn add(&self, n: u64) {
        if let Cell::Sum(sum) = &self.0.series.cell {
            sum.add_whole(n);
        }
    }

    /// Adds `n` and, if the trace is sampled, leaves an exemplar.
    #[inline]
    pub fn add_within(&self, n: u64, trace: TraceContext) {
        self.add(n);
        let measurement = Measurement::Count(n);
        self.0
            .series
            .trace(0, measurement, Some(trace), &self.0.clock);
    }

    /// Adds a real amount, in the instrument's unit; what is negative or not finite is refused and counted.
    pub fn add_real(&self, amount: f64) {
        self.0.record(Measurement::Value(amount), None);
    }

    /// Follows a total that is counted elsewhere: raises the whole part to `total`, never lowers it.
    pub fn raise_to(&self, total: u64) {
        if let Cell::Sum(sum) = &self.0.series.cell {
            sum.raise_to(total);
        }
    }

    /// What was added since the registry was made.
    #[must_use]
    pub fn value(&self) -> Number {
        self.0.number().unwrap_or(Number::Int(0))
    }
}

impl UpDownCounter {
    pub(crate) const fn new(bound: Bound) -> Self {
        Self(bound)
    }

    /// Adds `n`, which may be negative: one relaxed atomic add.
    #[inline]
    pub fn add(&self, n: i64) {
        if let Cell::Sum(sum) = &self.0.series.cell {
            sum.add_whole(n.cast_unsigned());
        }
    }

    /// Adds a real amount, in the instrument's unit; what is not finite is refused and counted.
    pub fn add_real(&self, amount: f64) {
        self.0.record(Measurement::Value(amount), None);
    }

    /// What it stands at.
    #[must_use]
    pub fn value(&self) -> Number {
        self.0.number().unwrap_or(Number::Int(0))
    }
}

impl Gauge {
    pub(crate) const fn new(bound: Bound) -> Self {
        Self(bound)
    }

    /// Sets the value, in the instrument's unit.
    pub fn set(&self, value: f64) {
        self.0.record(Measurement::Value(value), None);
    }

    /// The last value, if there was one.
    #[must_use]
    pub fn value(&self) -> Option<Number> {
        self.0.number()
    }
}

impl Histogram {
    pub(crate) const fn new(bound: Bound) -> Self {
        Self(bound)
    }

    /// Counts an observation, in the instrument's unit; what is not finite is refused and counted.
    #[inline]
    pub fn record(&self, value: f64) {
        self.take(value);
    }

    /// Counts an observation and, if the trace is sampled, leaves an exemplar in its bucket.
    #[inline]
    pub fn record_within(&self, value: f64, trace: TraceContext) {
        if let Some(place) = self.take(value) {
            let measurement = Measurement::Value(value);
            self.0
                .series
                .trace(place, measurement, Some(trace), &self.0.clock);
        }
    }

    #[inline]
    fn take(&self, value: f64) -> Option<usize> {
        let Cell::Histogram(histogram) = &self.0.series.cell else {
            return None;
        };
        let place = histogram.record(value);
        if place.is_none() {
            self.0.series.refuse();
        }
        place
    }

    /// How many observations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.0.series.cell {
            Cell::Histogram(histogram) => histogram.read().iter().sum(),
            Cell::Sum(_) | Cell::Gauge(_) => 0,
        }
    }

    /// The sum of all observations, in the instrument's unit.
    #[must_use]
    pub fn sum(&self) -> f64 {
        match &self.0.series.cell {
            Cell::Histogram(histogram) => histogram.sum(),
            Cell::Sum(_) | Cell::Gauge(_) => 0.0,
        }
    }
}
