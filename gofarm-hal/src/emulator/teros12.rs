//! [`Teros12`]: a model of what a TEROS 12 measures.

use gofarm_core::time::{Instant, secs};

use crate::sdi12::{Announced, Measure, Measurement, Value};

/// What a TEROS 12 measures in soil of its own, for a [`Responder`](crate::sdi12::Responder).
///
/// It knows the measurement without number, its values are ready after a second.
///
/// ```
/// use gofarm_hal::emulator::{Teros12, line};
/// use gofarm_hal::sdi12::{Address, Framing, Responder, Station};
///
/// let (_recorder, wire) = line::pair(1_200);
/// let soil = Teros12::new(2_450.5, 18.3, 320);
/// let _station = Station::new(wire, Responder::new(Address::DEFAULT, Framing::Hardware, soil));
/// ```
#[derive(Clone, Debug)]
pub struct Teros12 {
    values: [Option<Value>; 3],
    ready: Option<Instant>,
}

impl Teros12 {
    /// A probe that counts so many, at so many Cel and uS/cm.
    #[must_use]
    pub fn new(counts: f32, temperature: f32, conductivity: i32) -> Self {
        Self {
            values: [
                Value::rounded(counts, 1),
                Value::rounded(temperature, 1),
                Value::new(conductivity, 0),
            ],
            ready: None,
        }
    }
}

impl Measure for Teros12 {
    fn identification(&self) -> &[u8] {
        b"13METER   TER12 203T12-00012345"
    }

    fn announce(&self, of: Measurement) -> Announced {
        if of.index() == 0 {
            Announced::new(1, 3)
        } else {
            Announced::new(0, 0)
        }
    }

    fn start(&mut self, _: Measurement, now: Instant) {
        self.ready = Some(now + secs(1));
    }

    fn poll_ready(&mut self, now: Instant) -> bool {
        self.ready.is_none_or(|ready| now >= ready)
    }

    fn abort(&mut self) {
        self.ready = None;
    }

    fn value(&self, _: Measurement, index: u16) -> Option<Value> {
        self.values.get(usize::from(index)).copied().flatten()
    }
}
