//! The atomics behind one set of labels.

use alloc::boxed::Box;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use gofarm_core::observe::{InstrumentKind, Measurement};
use gofarm_core::trace_context::TraceContext;

use super::boundaries::Boundaries;
use super::exemplar::{Exemplar, Slots};
use super::family::{Metadata, NumberKind};
use super::labels::Labels;
use crate::clock::Clock;

/// What a sum or a gauge stands at; an exporter matches it in full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number; a counter above `i64::MAX` stops there.
    Int(i64),
    /// A real number, in the instrument's unit.
    Double(f64),
}

impl Number {
    /// The number as a real one; exact up to 2^53.
    #[must_use]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Double(double) => double,
        }
    }
}

/// One time series.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// Of the labels, by the family's hasher.
    pub(crate) hash: u64,
    /// Made by registration alone: nobody holds it and nobody wrote.
    seeded: AtomicBool,
    /// Measurements that made no sense.
    refused: AtomicU64,
    pub(crate) cell: Cell,
}

/// What adds up, by kind.
#[derive(Debug)]
pub(crate) enum Cell {
    Sum(Sum),
    Gauge(Last),
    Histogram(Distribution),
}

/// A sum of whole and of real numbers, each kept apart: the whole ones cost one atomic add.
#[derive(Debug)]
pub(crate) struct Sum {
    monotonic: bool,
    /// Two's complement if not monotonic.
    whole: AtomicU64,
    /// Bits of an `f64`; [`UNTOUCHED`] until a real number comes.
    real: AtomicU64,
    pub(crate) exemplars: Slots,
}

/// -0.0: the neutral element of addition that no later sum can be.
const UNTOUCHED: u64 = (-0.0f64).to_bits();

/// The last value.
#[derive(Debug)]
pub(crate) struct Last {
    whole: bool,
    bits: AtomicU64,
    set: AtomicBool,
}

/// Counts for each bucket and a sum.
#[derive(Debug)]
pub(crate) struct Distribution {
    boundaries: Boundaries,
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
    pub(crate) exemplars: Slots,
}

impl Series {
    pub(crate) fn new(metadata: &Metadata, labels: Labels, hash: u64, seeded: bool) -> Self {
        let cell = match metadata.kind {
            InstrumentKind::Counter => Cell::Sum(Sum::new(true, metadata.number)),
            InstrumentKind::UpDownCounter => Cell::Sum(Sum::new(false, metadata.number)),
            InstrumentKind::Gauge => Cell::Gauge(Last {
                whole: metadata.number == NumberKind::Whole,
                bits: AtomicU64::new(0),
                set: AtomicBool::new(false),
            }),
            InstrumentKind::Histogram => {
                let buckets = 0..=metadata.boundaries.as_slice().len();
                Cell::Histogram(Distribution {
                    boundaries: metadata.boundaries.clone(),
                    buckets: buckets.map(|_| AtomicU64::new(0)).collect(),
                    sum: AtomicU64::new(0.0f64.to_bits()),
                    exemplars: Slots::default(),
                })
            }
        };
        Self {
            labels,
            hash,
            seeded: AtomicBool::new(seeded),
            refused: AtomicU64::new(0),
            cell,
        }
    }

    /// Takes a measurement of whatever type; one that makes no sense for this kind is refused and counted.
    pub(crate) fn record(
        &self,
        measurement: Measurement,
        trace: impl FnOnce() -> Option<TraceContext>,
        clock: &Clock,
    ) {
        let taken = match &self.cell {
            Cell::Sum(sum) => sum.add(measurement),
            Cell::Gauge(last) => {
                last.set(measurement);
                return;
            }
            Cell::Histogram(histogram) => histogram.record(real(measurement)),
        };
        match taken {
            Some(place) => self.trace(place, measurement, trace(), clock),
            None => self.refuse(),
        }
    }

    /// Remembers where a measurement comes from.
    #[inline]
    pub(crate) fn trace(
        &self,
        place: usize,
        measurement: Measurement,
        trace: Option<TraceContext>,
        clock: &Clock,
    ) {
        let Some(context) = trace.filter(TraceContext::is_sampled) else {
            return;
        };
        let (slots, of) = match &self.cell {
            Cell::Sum(sum) => (&sum.exemplars, 1),
            Cell::Histogram(histogram) => (&histogram.exemplars, histogram.buckets.len()),
            Cell::Gauge(_) => return,
        };
        let exemplar = Exemplar {
            value: real(measurement),
            at: clock.timestamp(clock.now()),
            context,
        };
        slots.put(place, of, exemplar);
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// From now on it is exported even at zero.
    pub(crate) fn hold(&self) {
        self.seeded.store(false, Relaxed);
    }

    /// Whether registration made it and nothing was ever written.
    pub(crate) fn is_only_seed(&self) -> bool {
        self.seeded.load(Relaxed)
            && match &self.cell {
                Cell::Sum(sum) => sum.is_untouched(),
                Cell::Gauge(_) => true,
                Cell::Histogram(histogram) => histogram.read().iter().all(|&count| count == 0),
            }
    }
}

/// The measurement as a real number.
pub(crate) const fn real(measurement: Measurement) -> f64 {
    match measurement {
        Measurement::Count(count) => count as f64,
        Measurement::Change(change) => change as f64,
        Measurement::Value(value) => value,
    }
}

impl Sum {
    fn new(monotonic: bool, number: NumberKind) -> Self {
        let real = match number {
            NumberKind::Real => 0.0f64.to_bits(),
            NumberKind::Whole | NumberKind::Either => UNTOUCHED,
        };
        Self {
            monotonic,
            whole: AtomicU64::new(0),
            real: AtomicU64::new(real),
            exemplars: Slots::default(),
        }
    }

    /// Adds; the place of its exemplar, or nothing if the measurement makes no sense here.
    fn add(&self, measurement: Measurement) -> Option<usize> {
        match measurement {
            Measurement::Count(count) if self.monotonic || i64::try_from(count).is_ok() => {
                self.add_whole(count);
            }
            Measurement::Change(change) if change >= 0 || !self.monotonic => {
                self.add_whole(change.cast_unsigned());
            }
            Measurement::Value(value) if value.is_finite() && (value >= 0.0 || !self.monotonic) => {
                add_real(&self.real, value);
            }
            Measurement::Count(_) | Measurement::Change(_) | Measurement::Value(_) => return None,
        }
        Some(0)
    }

    #[inline]
    pub(crate) fn add_whole(&self, count: u64) {
        self.whole.fetch_add(count, Relaxed);
    }

    /// Follows a total that is kept elsewhere.
    pub(crate) fn raise_to(&self, total: u64) {
        self.whole.fetch_max(total, Relaxed);
    }

    fn is_untouched(&self) -> bool {
        let real = f64::from_bits(self.real.load(Relaxed));
        self.whole.load(Relaxed) == 0 && real == 0.0
    }

    pub(crate) fn read(&self) -> Number {
        let whole = self.whole.load(Relaxed);
        let int = if self.monotonic {
            i64::try_from(whole).unwrap_or(i64::MAX)
        } else {
            whole.cast_signed()
        };
        match self.real.load(Relaxed) {
            UNTOUCHED => Number::Int(int),
            bits => Number::Double(int as f64 + f64::from_bits(bits)),
        }
    }
}

/// Adds to the bits of an `f64`.
fn add_real(bits: &AtomicU64, value: f64) {
    let mut seen = bits.load(Relaxed);
    loop {
        let sum = f64::from_bits(seen) + value;
        match bits.compare_exchange_weak(seen, sum.to_bits(), Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

impl Last {
    pub(crate) fn set(&self, measurement: Measurement) {
        let bits = if self.whole {
            match measurement {
                Measurement::Count(count) => count.min(i64::MAX.cast_unsigned()),
                Measurement::Change(change) => change.cast_unsigned(),
                // Only the integer gauges of the API are whole, and those measure no real numbers.
                Measurement::Value(_) => return,
            }
        } else {
            real(measurement).to_bits()
        };
        self.bits.store(bits, Relaxed);
        self.set.store(true, Relaxed);
    }

    /// The last value, if there ever was one.
    pub(crate) fn read(&self) -> Option<Number> {
        if !self.set.load(Relaxed) {
            return None;
        }
        let bits = self.bits.load(Relaxed);
        Some(if self.whole {
            Number::Int(bits.cast_signed())
        } else {
            Number::Double(f64::from_bits(bits))
        })
    }
}

impl Distribution {
    /// Counts an observation; its bucket, or nothing if it is not a finite number.
    #[inline]
    pub(crate) fn record(&self, value: f64) -> Option<usize> {
        if !value.is_finite() {
            return None;
        }
        let place = self.boundaries.bucket(value);
        self.buckets.get(place)?.fetch_add(1, Relaxed);
        add_real(&self.sum, value);
        Some(place)
    }

    /// Observations in each bucket.
    pub(crate) fn read(&self) -> Box<[u64]> {
        self.buckets
            .iter()
            .map(|bucket| bucket.load(Relaxed))
            .collect()
    }

    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Relaxed))
    }
}
