//! [`Anemometer`]: a wheel in the wind.

use gofarm_core::Device;
use gofarm_core::time::{Instant, millis, secs};

use super::pulse_counter::PulseCounter;

/// A cup anemometer with a contact: a pulse a second is so much wind.
///
/// Speeds are means over 3 s, which is what the WMO calls a gust (guide 8, part I, chapter 5).
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_hal::sensor::anemometer::Anemometer;
///
/// let mut wind = Anemometer::new(1_006); // Davis 6410: 2.25 mph at one pulse a second
/// wind.pulses_mut().counter(0, Instant::ZERO)?;
/// let now = Instant::ZERO + secs(3);
/// wind.pulses_mut().counter(15, now)?;
/// assert_eq!(wind.reading(now).speed, 5.03);
/// # Ok::<(), gofarm_hal::sensor::pulse_counter::ImplausibleCount>(())
/// ```
#[derive(Clone, Debug)]
pub struct Anemometer {
    millimetres: u32,
    pulses: PulseCounter,
}

impl Anemometer {
    /// A wheel that makes one pulse a second at so many mm/s of wind.
    #[must_use]
    pub const fn new(millimetres_a_second: u32) -> Self {
        let pulses = PulseCounter::new()
            .window(secs(3))
            .still_after(secs(6))
            .debounce(millis(2));
        Self::with(millimetres_a_second, pulses)
    }

    /// A wheel with a counter of its own, as for hardware that counts.
    #[must_use]
    pub const fn with(millimetres_a_second: u32, pulses: PulseCounter) -> Self {
        Self {
            millimetres: millimetres_a_second,
            pulses,
        }
    }

    /// The counter, to be told of edges or counts.
    pub const fn pulses_mut(&mut self) -> &mut PulseCounter {
        &mut self.pulses
    }

    /// What it shows now.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "wind has less than seven digits"
    )]
    pub fn reading(&self, now: Instant) -> WindReading {
        let millimetres =
            u128::from(self.pulses.microhertz(now)) * u128::from(self.millimetres) / 1_000_000;
        WindReading {
            speed: millimetres as f32 / 1_000.0,
        }
    }
}

/// What an anemometer shows.
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "anemometer", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a wheel shows nothing else, and tests write readings"
)]
pub struct WindReading {
    /// Speed of the wind.
    #[prop(range = 0.0..=75.0, unit = "m/s")]
    pub speed: f32,
}
