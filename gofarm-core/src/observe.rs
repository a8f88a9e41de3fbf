//! What happened, said once, for whoever listens: [`Instrument`], [`Signal`] and [`Observer`].
//!
//! Logic does not log and knows no telemetry system. It hands a [`Signal`] to an [`Observer`] given by the
//! caller: `()` compiles to nothing, `gofarm-otel` maps any signal to an OpenTelemetry instrument, a test
//! collects them, firmware prints them. A signal points at a `'static` [`Instrument`], so a listener resolves
//! name, unit and labels once and then knows the instrument by its address; nothing is formatted on the way.
//!
//! ```
//! use core::cell::Cell;
//! use gofarm_core::observe::{Instrument, Label, Observer, Signal};
//!
//! static REFUSED: Instrument =
//!     Instrument::counter("gofarm.command.refused", "{command}", "Commands that a device refused");
//!
//! struct Count(Cell<u64>);
//! impl Observer for Count {
//!     fn observe(&self, signal: &Signal<'_>) {
//!         self.0.set(self.0.get() + 1);
//!         assert_eq!(signal.instrument().name(), "gofarm.command.refused");
//!     }
//! }
//!
//! let count = Count(Cell::new(0));
//! let listeners = (&count, ()); // tuples fan out, `()` ignores
//! listeners.observe(&REFUSED.count(1).labelled(&[Label::text("reason", "expired")]));
//! assert_eq!(count.0.get(), 1);
//! ```

use crate::trace_context::TraceContext;

/// How the values of an instrument add up; as in the OpenTelemetry metrics data model.
///
/// See [`Instrument`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InstrumentKind {
    /// A sum that only grows; each signal adds its value.
    Counter,
    /// A sum that may shrink; each signal adds its value.
    UpDownCounter,
    /// The last value counts.
    Gauge,
    /// Each value is one observation of a distribution.
    Histogram,
}

/// The fixed part of a signal: what is measured and in which unit.
///
/// ```
/// use gofarm_core::observe::{Instrument, InstrumentKind};
///
/// static DELAY: Instrument = Instrument::histogram("gofarm.decision.delay", "s", "From reading to command");
/// assert_eq!((DELAY.kind(), DELAY.unit()), (InstrumentKind::Histogram, "s"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instrument {
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    kind: InstrumentKind,
}

impl Instrument {
    /// A sum that only grows.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        unit: &'static str,
        description: &'static str,
    ) -> Self {
        Self::new(InstrumentKind::Counter, name, unit, description)
    }

    /// A sum that may shrink, such as a queue's length.
    #[must_use]
    pub const fn up_down_counter(
        name: &'static str,
        unit: &'static str,
        description: &'static str,
    ) -> Self {
        Self::new(InstrumentKind::UpDownCounter, name, unit, description)
    }

    /// A value of which the last one counts.
    #[must_use]
    pub const fn gauge(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(InstrumentKind::Gauge, name, unit, description)
    }

    /// A distribution of observations.
    #[must_use]
    pub const fn histogram(
        name: &'static str,
        unit: &'static str,
        description: &'static str,
    ) -> Self {
        Self::new(InstrumentKind::Histogram, name, unit, description)
    }

    const fn new(
        kind: InstrumentKind,
        name: &'static str,
        unit: &'static str,
        description: &'static str,
    ) -> Self {
        Self {
            name,
            unit,
            description,
            kind,
        }
    }

    /// The dotted name, as in OpenTelemetry's semantic conventions: `gofarm.command.refused`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The UCUM unit of the values: `s`, `By`, `{command}`.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// One sentence for a person who meets the name in a dashboard.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// How values add up.
    #[must_use]
    pub const fn kind(&self) -> InstrumentKind {
        self.kind
    }

    /// A signal that carries a whole number.
    #[must_use]
    pub const fn count(&'static self, n: u64) -> Signal<'static> {
        Signal::new(self, Measurement::Count(n))
    }

    /// A signal that carries a real number, in this instrument's unit.
    #[must_use]
    pub const fn measure(&'static self, value: f64) -> Signal<'static> {
        Signal::new(self, Measurement::Value(value))
    }

    /// A signal that carries a signed change, for an up-down counter.
    #[must_use]
    pub const fn change(&'static self, by: i64) -> Signal<'static> {
        Signal::new(self, Measurement::Change(by))
    }
}

/// The number that a signal carries.
///
/// See [`Signal`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Measurement {
    /// A whole number of things.
    Count(u64),
    /// A signed change.
    Change(i64),
    /// A real value in the instrument's unit.
    Value(f64),
}

/// One key and value that tell signals of an instrument apart.
///
/// ```
/// use gofarm_core::observe::{Label, LabelValue};
///
/// assert_eq!(Label::number("port", 1883).value, LabelValue::Number(1883));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label<'a> {
    /// The key, a constant of the emitting crate.
    pub key: &'static str,
    /// The value.
    pub value: LabelValue<'a>,
}

impl<'a> Label<'a> {
    /// A label with a text value.
    #[must_use]
    pub const fn text(key: &'static str, value: &'a str) -> Self {
        Self {
            key,
            value: LabelValue::Text(value),
        }
    }

    /// A label with a whole number.
    #[must_use]
    pub const fn number(key: &'static str, value: u64) -> Self {
        Self {
            key,
            value: LabelValue::Number(value),
        }
    }
}

/// A label's value.
///
/// See [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LabelValue<'a> {
    /// Text, borrowed from the emitter.
    Text(&'a str),
    /// A whole number: a code, a port.
    Number(u64),
}

/// One thing that happened, borrowed for the length of one call.
///
/// ```
/// use gofarm_core::observe::{Instrument, Label, Measurement};
///
/// static QUEUED: Instrument = Instrument::up_down_counter("gofarm.queue", "{frame}", "Frames that wait");
/// let labels = [Label::text("link", "lora")];
/// let signal = QUEUED.change(-3).labelled(&labels);
/// assert_eq!(signal.measurement(), Measurement::Change(-3));
/// assert_eq!(signal.labels(), labels);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signal<'a> {
    instrument: &'static Instrument,
    measurement: Measurement,
    labels: &'a [Label<'a>],
    trace: Option<TraceContext>,
}

impl<'a> Signal<'a> {
    const fn new(instrument: &'static Instrument, measurement: Measurement) -> Self {
        Self {
            instrument,
            measurement,
            labels: &[],
            trace: None,
        }
    }

    /// This signal with labels.
    #[must_use]
    pub const fn labelled<'b>(self, labels: &'b [Label<'b>]) -> Signal<'b> {
        Signal {
            instrument: self.instrument,
            measurement: self.measurement,
            labels,
            trace: self.trace,
        }
    }

    /// This signal as a part of a trace.
    #[must_use]
    pub const fn within(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// What was measured.
    #[must_use]
    pub const fn instrument(&self) -> &'static Instrument {
        self.instrument
    }

    /// The number.
    #[must_use]
    pub const fn measurement(&self) -> Measurement {
        self.measurement
    }

    /// The labels; keys do not repeat.
    #[must_use]
    pub const fn labels(&self) -> &'a [Label<'a>] {
        self.labels
    }

    /// The trace that this belongs to.
    #[must_use]
    pub const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }
}

/// Something that wants to know.
///
/// An observer must not block and must not panic: it runs on the path that it observes.
///
/// See the [module](self) for an example.
pub trait Observer {
    /// Takes note of one signal.
    fn observe(&self, signal: &Signal<'_>);
}

impl Observer for () {
    #[inline(always)]
    fn observe(&self, _: &Signal<'_>) {}
}

impl<O: Observer + ?Sized> Observer for &O {
    #[inline]
    fn observe(&self, signal: &Signal<'_>) {
        (**self).observe(signal);
    }
}

impl<O: Observer> Observer for Option<O> {
    #[inline]
    fn observe(&self, signal: &Signal<'_>) {
        if let Some(observer) = self {
            observer.observe(signal);
        }
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn observe(&self, signal: &Signal<'_>) {
        self.0.observe(signal);
        self.1.observe(signal);
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    #[inline]
    fn observe(&self, signal: &Signal<'_>) {
        self.0.observe(signal);
        self.1.observe(signal);
        self.2.observe(signal);
    }
}

#[cfg(feature = "alloc")]
impl<O: Observer + ?Sized> Observer for alloc::boxed::Box<O> {
    fn observe(&self, signal: &Signal<'_>) {
        (**self).observe(signal);
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<O: Observer + ?Sized> Observer for alloc::sync::Arc<O> {
    fn observe(&self, signal: &Signal<'_>) {
        (**self).observe(signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::RefCell;

    static DEPTH: Instrument = Instrument::gauge("test.depth", "{item}", "How deep");

    #[derive(Default)]
    struct Seen(RefCell<Vec<(&'static str, Measurement)>>);

    impl Observer for Seen {
        fn observe(&self, signal: &Signal<'_>) {
            let row = (signal.instrument().name(), signal.measurement());
            self.0.borrow_mut().push(row);
        }
    }

    #[test]
    fn tuples_fan_out_to_each_member_in_order() {
        let (a, b) = (Seen::default(), Seen::default());
        ((&a, ()), Some(&b), None::<&Seen>).observe(&DEPTH.measure(2.5));
        assert_eq!(*a.0.borrow(), [("test.depth", Measurement::Value(2.5))]);
        assert_eq!(*b.0.borrow(), *a.0.borrow());
    }

    #[test]
    fn observers_work_as_trait_objects() {
        let seen = Seen::default();
        let object: &dyn Observer = &seen;
        object.observe(&DEPTH.count(3));
        assert_eq!(seen.0.borrow().len(), 1);
    }
}
