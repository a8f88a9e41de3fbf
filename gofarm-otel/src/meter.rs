//! The metrics API of OpenTelemetry, over a [`Registry`]: [`MeterProvider`].
//!
//! Libraries that know OpenTelemetry and not GoFarm measure through its API. Their instruments live in the same
//! registry as everything else, each under the scope that it was made in, and come out on the same pages.
//!
//! The API hands over labels with each measurement, so a measurement costs a look-up (as a signal does), but no
//! allocation once the series is known. A sampled span that is current leaves an exemplar.
//!
//! What it does not do: the API's experimental bound instruments (a held handle of the registry is the same thing), the
//! scope's schema URL, and checks of names: whatever an exporter cannot write, it replaces.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;

use gofarm_core::observe::{InstrumentKind, Measurement};
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, Counter, Gauge, Histogram, HistogramBuilder,
    InstrumentBuilder, InstrumentProvider, Meter, ObservableCounter, ObservableGauge,
    ObservableUpDownCounter, SyncInstrument, UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};

use crate::attribute::{self, Attribute};
use crate::clock::Clock;
use crate::instrument::{
    Boundaries, Family, LabelSet, Labels, Metadata, Number, NumberKind, Observation, Registry,
    Scope, current_trace,
};

/// Gives meters whose instruments live in a [`Registry`]; clones give the same.
///
/// ```
/// use gofarm_otel::instrument::Registry;
/// use gofarm_otel::meter::MeterProvider;
/// use opentelemetry::KeyValue;
/// use opentelemetry::metrics::MeterProvider as _;
///
/// let registry = Registry::new();
/// let meter = MeterProvider::new(&registry).meter("some.library");
/// let requests = meter.u64_counter("some.requests").with_unit("{request}").build();
/// requests.add(1, &[KeyValue::new("zone", "north")]);
/// let snapshot = registry.collect(registry.clock().now());
/// assert_eq!(snapshot.get("some.requests").map(|metric| metric.scope.name()), Some("some.library"));
/// ```
#[derive(Clone, Debug)]
pub struct MeterProvider(Registry);

impl MeterProvider {
    /// Meters over that registry.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self(registry.clone())
    }
}

impl opentelemetry::metrics::MeterProvider for MeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let attributes: Vec<KeyValue> = scope.attributes().cloned().collect();
        let version = scope.version().unwrap_or_default().to_string();
        Meter::new(Arc::new(Instruments {
            registry: self.0.clone(),
            scope: Scope::with(
                Cow::Owned(scope.name().to_string()),
                Cow::Owned(version),
                with_labels(&attributes, Labels::of),
            ),
        }))
    }
}

/// The instruments of one scope.
struct Instruments {
    registry: Registry,
    scope: Scope,
}

/// What every builder of the API says.
struct Said {
    name: Cow<'static, str>,
    unit: Option<Cow<'static, str>>,
    description: Option<Cow<'static, str>>,
}

impl Instruments {
    fn family(
        &self,
        said: Said,
        kind: InstrumentKind,
        number: NumberKind,
        boundaries: Option<&Boundaries>,
    ) -> Arc<Family> {
        let unit = said.unit.unwrap_or_default();
        self.registry.named(Metadata {
            scope: self.scope.clone(),
            boundaries: self.registry.edges(&said.name, &unit, boundaries),
            name: said.name,
            unit,
            description: said.description.unwrap_or_default(),
            kind,
            number,
        })
    }

    fn recorder<T>(
        &self,
        builder: InstrumentBuilder<'_, T>,
        kind: InstrumentKind,
        number: NumberKind,
    ) -> Arc<Recorder> {
        let said = Said {
            name: builder.name,
            unit: builder.unit,
            description: builder.description,
        };
        self.record(self.family(said, kind, number, None))
    }

    fn distribution<T>(&self, builder: HistogramBuilder<'_, T>) -> Arc<Recorder> {
        let said = Said {
            name: builder.name,
            unit: builder.unit,
            description: builder.description,
        };
        // Edges that cannot be are as if nothing was said: the API has no way to refuse.
        let edges = builder
            .boundaries
            .and_then(|edges| Boundaries::new(&edges).ok());
        let number = NumberKind::Real;
        self.record(self.family(said, InstrumentKind::Histogram, number, edges.as_ref()))
    }

    fn record(&self, family: Arc<Family>) -> Arc<Recorder> {
        Arc::new(Recorder {
            family,
            clock: self.registry.clock().clone(),
        })
    }

    fn observable<I, T: Observed>(
        &self,
        builder: AsyncInstrumentBuilder<'_, I, T>,
        kind: InstrumentKind,
    ) {
        let said = Said {
            name: builder.name,
            unit: builder.unit,
            description: builder.description,
        };
        let family = self.family(said, kind, T::NUMBER, None);
        for callback in builder.callbacks {
            let ask = move |observation: &Observation| callback(&Answers(observation));
            family.call_back(Box::new(ask));
        }
    }
}

/// A number type of the API, as a value that was observed.
trait Observed: Copy + Send + Sync + 'static {
    const NUMBER: NumberKind;
    fn number(self) -> Number;
}

impl Observed for u64 {
    const NUMBER: NumberKind = NumberKind::Whole;
    fn number(self) -> Number {
        Number::Int(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl Observed for i64 {
    const NUMBER: NumberKind = NumberKind::Whole;
    fn number(self) -> Number {
        Number::Int(self)
    }
}

impl Observed for f64 {
    const NUMBER: NumberKind = NumberKind::Real;
    fn number(self) -> Number {
        Number::Double(self)
    }
}

/// Hands what a callback of the API observes to an observation of ours.
struct Answers<'a>(&'a Observation);

impl<T: Observed> AsyncInstrument<T> for Answers<'_> {
    fn observe(&self, value: T, attributes: &[KeyValue]) {
        with_labels(attributes, |labels| self.0.take(value.number(), labels));
    }
}

/// Takes the measurements of one instrument.
struct Recorder {
    family: Arc<Family>,
    clock: Clock,
}

impl Recorder {
    fn take(&self, measurement: Measurement, attributes: &[KeyValue]) {
        with_labels(attributes, |labels| {
            self.family.with(labels, |series| {
                series.record(measurement, current_trace, &self.clock);
            });
        });
    }
}

impl SyncInstrument<u64> for Recorder {
    fn measure(&self, value: u64, attributes: &[KeyValue]) {
        self.take(Measurement::Count(value), attributes);
    }
}

impl SyncInstrument<i64> for Recorder {
    fn measure(&self, value: i64, attributes: &[KeyValue]) {
        self.take(Measurement::Change(value), attributes);
    }
}

impl SyncInstrument<f64> for Recorder {
    fn measure(&self, value: f64, attributes: &[KeyValue]) {
        self.take(Measurement::Value(value), attributes);
    }
}

/// Lists cannot be labels: they become text first.
fn with_labels<R>(attributes: &[KeyValue], f: impl FnOnce(&[KeyValue]) -> R) -> R {
    let is_list = |attribute: &KeyValue| matches!(attribute.value, Value::Array(_));
    if !attributes.iter().any(is_list) {
        return f(attributes);
    }
    let plain: Vec<_> = attributes
        .iter()
        .map(|attribute| match &attribute.value {
            Value::Array(list) => KeyValue::new(attribute.key.clone(), list.to_string()),
            _ => attribute.clone(),
        })
        .collect();
    f(&plain)
}

impl LabelSet for [KeyValue] {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Option<Attribute<'_>> {
        let attribute = self.get(place)?;
        let value = match &attribute.value {
            Value::Bool(bool) => attribute::Value::Bool(*bool),
            Value::I64(int) => attribute::Value::Int(*int),
            Value::F64(double) => attribute::Value::Double(*double),
            Value::String(text) => attribute::Value::Text(text.as_str()),
            // Lists were replaced by their text, and the API may grow.
            _ => attribute::Value::Text(""),
        };
        Some(Attribute {
            key: attribute.key.as_str(),
            value,
        })
    }

    fn key(&self, place: usize) -> Cow<'static, str> {
        let key = self
            .get(place)
            .map_or("", |attribute| attribute.key.as_str());
        Cow::Owned(key.into())
    }
}

impl InstrumentProvider for Instruments {
    fn u64_counter(&self, builder: InstrumentBuilder<'_, Counter<u64>>) -> Counter<u64> {
        Counter::new(self.recorder(builder, InstrumentKind::Counter, NumberKind::Whole))
    }

    fn f64_counter(&self, builder: InstrumentBuilder<'_, Counter<f64>>) -> Counter<f64> {
        Counter::new(self.recorder(builder, InstrumentKind::Counter, NumberKind::Real))
    }

    fn u64_observable_counter(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableCounter<u64>, u64>,
    ) -> ObservableCounter<u64> {
        self.observable(builder, InstrumentKind::Counter);
        ObservableCounter::new()
    }

    fn f64_observable_counter(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableCounter<f64>, f64>,
    ) -> ObservableCounter<f64> {
        self.observable(builder, InstrumentKind::Counter);
        ObservableCounter::new()
    }

    fn i64_up_down_counter(
        &self,
        builder: InstrumentBuilder<'_, UpDownCounter<i64>>,
    ) -> UpDownCounter<i64> {
        let kind = InstrumentKind::UpDownCounter;
        UpDownCounter::new(self.recorder(builder, kind, NumberKind::Whole))
    }

    fn f64_up_down_counter(
        &self,
        builder: InstrumentBuilder<'_, UpDownCounter<f64>>,
    ) -> UpDownCounter<f64> {
        let kind = InstrumentKind::UpDownCounter;
        UpDownCounter::new(self.recorder(builder, kind, NumberKind::Real))
    }

    fn i64_observable_up_down_counter(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableUpDownCounter<i64>, i64>,
    ) -> ObservableUpDownCounter<i64> {
        self.observable(builder, InstrumentKind::UpDownCounter);
        ObservableUpDownCounter::new()
    }

    fn f64_observable_up_down_counter(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableUpDownCounter<f64>, f64>,
    ) -> ObservableUpDownCounter<f64> {
        self.observable(builder, InstrumentKind::UpDownCounter);
        ObservableUpDownCounter::new()
    }

    fn u64_gauge(&self, builder: InstrumentBuilder<'_, Gauge<u64>>) -> Gauge<u64> {
        Gauge::new(self.recorder(builder, InstrumentKind::Gauge, NumberKind::Whole))
    }

    fn f64_gauge(&self, builder: InstrumentBuilder<'_, Gauge<f64>>) -> Gauge<f64> {
        Gauge::new(self.recorder(builder, InstrumentKind::Gauge, NumberKind::Real))
    }

    fn i64_gauge(&self, builder: InstrumentBuilder<'_, Gauge<i64>>) -> Gauge<i64> {
        Gauge::new(self.recorder(builder, InstrumentKind::Gauge, NumberKind::Whole))
    }

    fn u64_observable_gauge(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableGauge<u64>, u64>,
    ) -> ObservableGauge<u64> {
        self.observable(builder, InstrumentKind::Gauge);
        ObservableGauge::new()
    }

    fn i64_observable_gauge(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableGauge<i64>, i64>,
    ) -> ObservableGauge<i64> {
        self.observable(builder, InstrumentKind::Gauge);
        ObservableGauge::new()
    }

    fn f64_observable_gauge(
        &self,
        builder: AsyncInstrumentBuilder<'_, ObservableGauge<f64>, f64>,
    ) -> ObservableGauge<f64> {
        self.observable(builder, InstrumentKind::Gauge);
        ObservableGauge::new()
    }

    fn f64_histogram(&self, builder: HistogramBuilder<'_, Histogram<f64>>) -> Histogram<f64> {
        Histogram::new(self.distribution(builder))
    }

    fn u64_histogram(&self, builder: HistogramBuilder<'_, Histogram<u64>>) -> Histogram<u64> {
        Histogram::new(self.distribution(builder))
    }
}
