//! [`Reading`]: a measured value that knows when it was taken and how far it can be trusted.
//!
//! A bare `f32` on a topic is acted on hours later as if it were fresh, or at all although the probe hangs in the air.
//! So what a sensor gives travels as one value: the measurement, the instant it was taken, the wall time if that
//! was known, a [`Quality`] and a sequence number that shows gaps.
//!
//! A reading does not cross a link as it is: `taken` is an instant of this device's own clock and means nothing
//! elsewhere. What crosses is the value with its wall time, quality and sequence number.

use crate::contract::{Validate, Violation};
use crate::quality::Quality;
use crate::time::{Instant, UnixMillis};

use core::time::Duration;

/// A measured value with its time, quality and number.
///
/// It validates as its value does, so `Validated<Reading<T>>` is a reading that meets its contract. Quality is
/// another question: a valid reading may be stale, and control has to ask (see [`Quality::satisfies`]).
///
/// ```
/// use gofarm_core::quality::{Grade, Quality};
/// use gofarm_core::reading::Reading;
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_core::{Validate, Validated};
///
/// let taken = Instant::from_secs(60);
/// let reading = Reading::new(0.31_f32, taken).graded(Quality::Good).numbered(7);
/// assert_eq!(reading.age(taken + secs(5)), secs(5));
/// assert!(reading.quality().satisfies(Grade::Good));
///
/// let valid: Validated<Reading<f32>> = reading.validated()?;
/// assert_eq!(*valid.value(), 0.31);
/// assert!(Reading::new(f32::NAN, taken).validate().is_err());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a reading that nobody looks at was taken for nothing"]
pub struct Reading<T> {
    value: T,
    taken: Instant,
    wall: Option<UnixMillis>,
    quality: Quality,
    sequence: u32,
}

impl<T> Reading<T> {
    /// A reading without wall time, of good quality, with number 0.
    pub const fn new(value: T, taken: Instant) -> Self {
        Self {
            value,
            taken,
            wall: None,
            quality: Quality::Good,
            sequence: 0,
        }
    }

    /// With the wall time at which it was taken, if that was known.
    pub const fn stamped(mut self, wall: Option<UnixMillis>) -> Self {
        self.wall = wall;
        self
    }

    /// With another quality.
    pub const fn graded(mut self, quality: Quality) -> Self {
        self.quality = quality;
        self
    }

    /// With a number; each reading of a sensor has the next one, from `u32::MAX` on to 0.
    pub const fn numbered(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    /// The value as it was measured.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// When it was taken, by this device's own clock.
    #[must_use]
    pub const fn taken(&self) -> Instant {
        self.taken
    }

    /// When it was taken by wall time, where that was known.
    #[must_use]
    pub const fn wall(&self) -> Option<UnixMillis> {
        self.wall
    }

    /// How far it can be trusted, as of when it was taken.
    #[must_use]
    pub const fn quality(&self) -> Quality {
        self.quality
    }

    /// Its number among the readings of its sensor.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// How old it is; zero if `now` is before it was taken.
    #[must_use]
    pub const fn age(&self, now: Instant) -> Duration {
        now.saturating_since(self.taken)
    }

    /// The same reading with its value changed: a calibration, a conversion.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        Reading {
            value: change(self.value),
            taken: self.taken,
            wall: self.wall,
            quality: self.quality,
            sequence: self.sequence,
        }
    }

    /// The value alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

/// As its value: the paths of violations are those of the value.
impl<T: Validate> Validate for Reading<T> {
    fn validate(&self) -> Result<(), Violation> {
        self.value.validate()
    }

    fn is_valid(&self) -> bool {
        self.value.is_valid()
    }

    fn validate_all(&self, visit: &mut dyn FnMut(Violation)) {
        self.value.validate_all(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_validates_as_its_value_does() {
        let reading = Reading::new([1.0, f64::NAN, f64::INFINITY], Instant::ZERO);
        let first = reading.validate().unwrap_err().to_string();
        assert_eq!(first, "[1]: NaN is not a finite number");
        let mut count = 0;
        reading.validate_all(&mut |_| count += 1);
        assert_eq!(count, 2);
    }

    #[test]
    fn a_changed_value_keeps_the_rest() {
        let reading = Reading::new(300_u16, Instant::from_secs(1))
            .stamped(Some(UnixMillis::new(5)))
            .graded(Quality::Stale)
            .numbered(9);
        let scaled = reading.map(|raw| f32::from(raw) / 1_000.0);
        assert_eq!(scaled.into_value(), 0.3);
        assert_eq!(scaled.map(|_| 300_u16), reading);
    }
}
