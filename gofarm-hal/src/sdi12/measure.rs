//! [`Measure`]: what a sensor of one's own has to say.

use gofarm_core::time::Instant;

use super::address::Address;
use super::line_text::Text;
use super::measurement::Measurement;
use super::reply::Announced;
use super::value::Value;

/// The measuring part of a sensor, asked by the [`Responder`](super::Responder) that speaks for it.
///
/// No call may wait. Values must not change between the end of a measurement and the start of the next, for a recorder
/// may fetch them twice.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_hal::sdi12::{Announced, Measure, Measurement, Value};
///
/// /// A thermometer that needs a second, and gives 21.4.
/// struct Thermometer { ready: Option<Instant> }
/// impl Measure for Thermometer {
///     fn identification(&self) -> &[u8] { b"14GOFARM  THERM 001" }
///     fn announce(&self, of: Measurement) -> Announced {
///         if of.index() == 0 { Announced::new(2, 1) } else { Announced::new(0, 0) }
///     }
///     fn start(&mut self, _of: Measurement, now: Instant) { self.ready = Some(now + secs(1)); }
///     fn poll_ready(&mut self, now: Instant) -> bool { self.ready.is_none_or(|ready| now >= ready) }
///     fn abort(&mut self) { self.ready = None; }
///     fn value(&self, _of: Measurement, index: u16) -> Option<Value> {
///         (index == 0).then(|| Value::rounded(21.4, 1))?
///     }
/// }
/// # let mut thermometer = Thermometer { ready: None };
/// # thermometer.start(Measurement::STANDARD, Instant::ZERO);
/// # assert!(!thermometer.poll_ready(Instant::ZERO));
/// ```
pub trait Measure {
    /// Version of SDI-12 (2 digits), vendor (8 characters), model (6), version (3), and up to 13 more, all printable
    /// (section 4.4.2). What is longer is cut off.
    fn identification(&self) -> &[u8];

    /// How long a measurement takes and how many values it gives; without values the sensor has no such measurement.
    ///
    /// A `M` measurement has at most 9 values, a `C` one 99; more are not announced and not sent. For continuous
    /// measurements only the count matters, and whether it takes 0 s.
    fn announce(&self, of: Measurement) -> Announced;

    /// A measurement starts. Continuous ones are not started; they are ready at once.
    fn start(&mut self, of: Measurement, now: Instant);

    /// Whether the measurement that was started has all its values.
    fn poll_ready(&mut self, now: Instant) -> bool;

    /// The recorder gave up the measurement that was started.
    fn abort(&mut self);

    /// The value at `index`, from 0, of the measurement that was made last.
    fn value(&self, of: Measurement, index: u16) -> Option<Value>;

    /// Takes a new address and keeps it for ever; false if it cannot, which is what it says unless it is written.
    fn change_address(&mut self, new: Address) -> bool {
        let _ = new;
        false
    }

    /// Name and unit of the value at `number`, from 1: `,TA,Cel;` (section 6.2). Nothing unless it is written.
    fn parameter(&self, of: Measurement, number: u16) -> Option<Text> {
        let _ = (of, number);
        None
    }

    /// Answers an extended command, from `X` on; `None`, which it is unless it is written, keeps silent.
    fn extended(&mut self, command: &[u8], now: Instant) -> Option<Text> {
        let _ = (command, now);
        None
    }
}
