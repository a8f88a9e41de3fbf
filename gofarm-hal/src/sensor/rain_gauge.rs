//! [`RainGauge`]: a bucket that tips.

use core::time::Duration;

use gofarm_core::Device;
use gofarm_core::time::{Instant, hours, minutes, secs};

use super::pulse_counter::PulseCounter;

/// A tipping bucket: each pulse is so much rain.
///
/// The rate of such a gauge is of minutes, not of seconds: at 0.2 mm a tip, a rain of 2 mm/h tips once in 6 minutes. It
/// counts as over when nothing has tipped for an hour.
///
/// ```
/// use gofarm_core::time::{Instant, minutes};
/// use gofarm_hal::sensor::rain_gauge::RainGauge;
///
/// let mut gauge = RainGauge::new(200); // 0.2 mm
/// let mut now = Instant::ZERO;
/// for _ in 0..11 {
///     gauge.pulses_mut().edge(now);
///     now += minutes(1);
/// }
/// let rain = gauge.reading(now);
/// assert_eq!((rain.amount, rain.rate), (2.2, 12.0));
/// ```
#[derive(Clone, Debug)]
pub struct RainGauge {
    micrometres: u32,
    pulses: PulseCounter,
}

impl RainGauge {
    /// How long a bucket tips, at the least: a contact that closes again sooner bounces.
    const DEBOUNCE: Duration = gofarm_core::time::millis(100);

    /// A gauge with so much rain a tip, in um (1 um is 1 ml on a square metre): 200 for most, 254 for those made in
    /// inches.
    #[must_use]
    pub const fn new(micrometres: u32) -> Self {
        let pulses = PulseCounter::new()
            .window(minutes(1))
            .still_after(hours(1))
            .debounce(Self::DEBOUNCE);
        Self::with(micrometres, pulses)
    }

    /// A gauge with a counter of its own, as for hardware that counts or a total that was kept.
    #[must_use]
    pub const fn with(micrometres: u32, pulses: PulseCounter) -> Self {
        Self {
            micrometres,
            pulses,
        }
    }

    /// The counter, to be told of edges or counts.
    pub const fn pulses_mut(&mut self) -> &mut PulseCounter {
        &mut self.pulses
    }

    /// All rain so far, in um.
    #[must_use]
    pub const fn micrometres(&self) -> u64 {
        self.pulses.total().saturating_mul(self.micrometres as u64)
    }

    /// What it shows now.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "seven digits: a tip of 200 um in 3 km of rain"
    )]
    pub fn reading(&self, now: Instant) -> RainReading {
        let micrometres_an_hour = u128::from(self.pulses.microhertz(now))
            * u128::from(self.micrometres)
            * u128::from(secs(3_600).as_secs())
            / 1_000_000;
        RainReading {
            amount: self.micrometres() as f32 / 1_000.0,
            rate: micrometres_an_hour as f32 / 1_000.0,
        }
    }
}

/// What a rain gauge shows.
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "rain-gauge", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a gauge shows nothing else, and tests write readings"
)]
pub struct RainReading {
    /// Rain since the count began.
    #[prop(range = 0.0..=1000000.0, unit = "mm")]
    pub amount: f32,
    /// How hard it rains; the most that the WMO asks a gauge to measure is 2000 mm/h (guide 8, part I, annex 1.A).
    #[prop(range = 0.0..=2000.0, unit = "mm/h")]
    pub rate: f32,
}
