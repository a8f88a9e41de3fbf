//! Pulses counted: rain that tips a bucket, a wheel in the wind or in water.
//!
//! Three things go wrong. A reed contact bounces, and one tip is three. A hardware counter wraps, or starts again at zero
//! after the supply failed, and a season's rain falls in a second. And a rate that is computed only when a pulse comes
//! stays where it was when the rain stops. [`PulseCounter`] handles these for a counter of any width or an interrupt for
//! each pulse, with integers only.
//!
//! What a pulse means is for others: [`RainGauge`](super::rain_gauge::RainGauge),
//! [`Anemometer`](super::anemometer::Anemometer), [`FlowMeter`](crate::flow_meter::FlowMeter).
//!
//! ```
//! use gofarm_core::time::{Instant, secs};
//! use gofarm_hal::sensor::pulse_counter::PulseCounter;
//!
//! let mut pulses = PulseCounter::new().counter_bits(16);
//! let start = Instant::ZERO;
//! pulses.counter(65_500, start)?; // wherever it stood at the start
//! pulses.counter(64, start + secs(10))?; // 100 pulses later, over the wrap
//! assert_eq!(pulses.total(), 100);
//! assert_eq!(pulses.microhertz(start + secs(10)), 10_000_000); // 10 a second
//! assert_eq!(pulses.microhertz(start + secs(12)), 500_000); // none for 2 s: at most one in that time
//!
//! // Before the supply fails, and after: the counter kept its count on a battery, and went on.
//! let saved = pulses.save();
//! let mut pulses = PulseCounter::new().counter_bits(16).restored(saved);
//! pulses.counter(70, start)?;
//! assert_eq!(pulses.total(), 106);
//! # Ok::<(), gofarm_hal::sensor::pulse_counter::ImplausibleCount>(())
//! ```

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};

/// Counts pulses: of hardware that counts, or one edge at a time.
///
/// | | default | |
/// |---|---|---|
/// | `counter_bits` | 32 | the width of the hardware's counter |
/// | `window` | 1 s | the shortest time that a rate is made of |
/// | `still_after` | 60 s | without a pulse for so long the rate is 0 |
/// | `debounce` | 2 ms | an edge so soon after one is the same pulse |
/// | `most` | none | the highest plausible rate |
///
/// See the [module](self).
#[derive(Clone, Debug)]
pub struct PulseCounter {
    mask: u64,
    window: Duration,
    still_after: Duration,
    debounce: Duration,
    most: u64,
    total: u64,
    /// The hardware's counter as it was read last.
    raw: Option<u64>,
    /// When it was read, or the first edge came.
    read: Option<Instant>,
    edge: Option<Instant>,
    /// Since when the pulses for the next rate are counted, and how many they are.
    since: Option<Instant>,
    pending: u64,
    last_pulse: Option<Instant>,
    rate: u64,
}

impl PulseCounter {
    /// A counter at 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            mask: u32::MAX as u64,
            window: secs(1),
            still_after: secs(60),
            debounce: millis(2),
            most: u64::MAX,
            total: 0,
            raw: None,
            read: None,
            edge: None,
            since: None,
            pending: 0,
            last_pulse: None,
            rate: 0,
        }
    }

    /// With a hardware counter of so many bits, 1 to 64; others become the nearest of these.
    #[must_use]
    pub const fn counter_bits(mut self, bits: u8) -> Self {
        self.mask = match bits {
            0 => 1,
            1..=63 => (1 << bits) - 1,
            _ => u64::MAX,
        };
        self
    }

    /// With another shortest time that a rate is made of.
    #[must_use]
    pub const fn window(mut self, time: Duration) -> Self {
        self.window = time;
        self
    }

    /// With another time without a pulse after which the rate is 0: longer than a pulse takes at the lowest rate that
    /// counts.
    #[must_use]
    pub const fn still_after(mut self, time: Duration) -> Self {
        self.still_after = time;
        self
    }

    /// With another time in which an edge after an edge that counted is the same pulse. It has to be shorter than the
    /// pulses are apart at the highest rate.
    #[must_use]
    pub const fn debounce(mut self, time: Duration) -> Self {
        self.debounce = time;
        self
    }

    /// With a highest plausible rate, in pulses a second: a hardware counter that says more has started again or was
    /// disturbed.
    #[must_use]
    pub const fn most(self, hertz: u32) -> Self {
        self.most_microhertz(hertz as u64 * 1_000_000)
    }

    pub(crate) const fn most_microhertz(mut self, microhertz: u64) -> Self {
        self.most = microhertz;
        self
    }

    #[cfg(test)]
    pub(crate) const fn limit(&self) -> u64 {
        self.most
    }

    /// Takes one edge of a contact; `false` if it is a bounce of the one before.
    pub fn edge(&mut self, now: Instant) -> bool {
        if self.edge.is_some_and(|edge| now < edge + self.debounce) {
            return false;
        }
        self.edge = Some(now);
        self.add(1, now);
        true
    }

    /// Takes what a hardware counter shows, and says how many pulses that is more. The first one only sets the start,
    /// unless a count was [restored](Self::restored).
    ///
    /// Read it before it can wrap twice.
    ///
    /// # Errors
    /// [`ImplausibleCount`] if there were more pulses than [`most`](Self::most) allows in the time since the last
    /// reading. None of them is counted, and the next count starts from here.
    pub fn counter(&mut self, raw: u64, now: Instant) -> Result<u64, ImplausibleCount> {
        let raw = raw & self.mask;
        let read = self.read.replace(now);
        self.since.get_or_insert(now);
        let Some(before) = self.raw.replace(raw) else {
            return Ok(0);
        };
        let pulses = raw.wrapping_sub(before) & self.mask;
        // Without a reading before in this run, nobody knows in what time the pulses came.
        if let Some(read) = read {
            let time = now.saturating_since(read).max(self.window);
            if microhertz(pulses, time) > self.most {
                return Err(ImplausibleCount { pulses });
            }
            self.add(pulses, now);
        } else {
            self.total = self.total.saturating_add(pulses);
        }
        Ok(pulses)
    }

    /// All pulses: since it was made, and before it if a count was restored.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The rate, in pulses per 10^6 s: that of the last window, and when pulses stay away, at most that of one pulse in
    /// the time since the last.
    #[must_use]
    pub fn microhertz(&self, now: Instant) -> u64 {
        let Some(last) = self.last_pulse else {
            return 0;
        };
        let idle = now.saturating_since(last);
        if idle >= self.still_after {
            0
        } else if idle > self.window {
            self.rate.min(microhertz(1, idle))
        } else {
            self.rate
        }
    }

    /// What has to be kept for when the supply fails.
    #[must_use]
    pub const fn save(&self) -> Saved {
        Saved {
            total: self.total,
            raw: self.raw,
        }
    }

    /// Goes on from what was kept.
    ///
    /// If the hardware's counter runs from a battery of its own, its next count gives the pulses that came meanwhile. If
    /// it starts again with the program, restore [`Saved::without_counter`], or its zero is taken for a wrap.
    #[must_use]
    pub const fn restored(mut self, saved: Saved) -> Self {
        self.total = saved.total;
        self.raw = match saved.raw {
            Some(raw) => Some(raw & self.mask),
            None => None,
        };
        self
    }

    fn add(&mut self, pulses: u64, now: Instant) {
        self.total = self.total.saturating_add(pulses);
        self.pending = self.pending.saturating_add(pulses);
        if pulses == 0 {
            return;
        }
        self.last_pulse = Some(now);
        let Some(since) = self.since else {
            // The first edge of all begins the time; it is in no time itself.
            self.since = Some(now);
            self.pending = 0;
            return;
        };
        let time = now.saturating_since(since);
        if time >= self.window {
            self.rate = microhertz(self.pending, time);
            self.since = Some(now);
            self.pending = 0;
        }
    }
}

impl Default for PulseCounter {
    fn default() -> Self {
        Self::new()
    }
}

/// What is kept of a [`PulseCounter`] while there is no supply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Saved {
    total: u64,
    raw: Option<u64>,
}

impl Saved {
    /// Only a total, as one that was read from a meter by eye.
    #[must_use]
    pub const fn total(total: u64) -> Self {
        Self { total, raw: None }
    }

    /// The same total for a hardware counter that starts again.
    #[must_use]
    pub const fn without_counter(self) -> Self {
        Self::total(self.total)
    }
}

/// So many pulses in a time, per 10^6 s; saturating, and rounded.
///
/// A long division in steps of 10^6, as dividing 128 bits would cost a kilobyte of firmware.
fn microhertz(pulses: u64, time: Duration) -> u64 {
    const STEP: u64 = 1_000_000;
    // A rest times 10^6, rounded, has to fit: 213 days are the longest.
    let micros = time
        .as_secs()
        .saturating_mul(STEP)
        .saturating_add(time.subsec_micros().into())
        .clamp(1, u64::MAX / (STEP + 1));
    let first = (pulses % micros) * STEP;
    let second = (first % micros) * STEP + micros / 2;
    let whole = (pulses / micros).saturating_mul(STEP * STEP);
    whole.saturating_add(first / micros * STEP + second / micros)
}

/// More pulses than can have come in the time: the hardware's counter started again or was disturbed.
///
/// See [`PulseCounter::counter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{pulses} pulses more cannot have come in the time since the last count")]
pub struct ImplausibleCount {
    pulses: u64,
}

impl ImplausibleCount {
    /// How many pulses more the counter showed.
    #[must_use]
    pub const fn pulses(&self) -> u64 {
        self.pulses
    }
}

impl Classify for ImplausibleCount {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_quotient_rounded() {
        let mut number = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            number >> (number % 64)
        };
        for _ in 0..if cfg!(miri) { 100 } else { 100_000 } {
            let (pulses, micros) = (next(), next() % (u64::MAX / 1_000_001) + 1);
            let exact = (u128::from(pulses) * 1_000_000_000_000 + u128::from(micros / 2))
                / u128::from(micros);
            let exact = u64::try_from(exact).unwrap_or(u64::MAX);
            let rate = microhertz(pulses, Duration::from_micros(micros));
            assert_eq!(rate, exact, "{pulses} in {micros} us");
        }
        assert_eq!(microhertz(1, Duration::ZERO), 1_000_000_000_000);
        assert_eq!(microhertz(u64::MAX, Duration::from_micros(1)), u64::MAX);
        assert!(microhertz(u64::MAX, Duration::MAX) > 0);
    }
}
