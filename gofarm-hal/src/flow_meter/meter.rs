//! [`FlowMeter`]: pulses become a rate and a volume.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};

use super::KFactor;

/// What a meter shows at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_structs,
    reason = "another meter can be read into it"
)]
pub struct Flow {
    /// How much runs, in ml/min.
    pub rate: u32,
    /// How much has run since the meter was made, in ml.
    pub volume: u64,
}

/// A meter that gives pulses: counted by hardware, or one interrupt at a time.
///
/// The rate is that of the pulses between two readings at least a [window](Self::window) apart. When the pulses stop it
/// falls at once to what one pulse in the time since would be, and to 0 after [a time](Self::still_after).
///
/// See the [module](super) for a hardware counter. With an interrupt for each pulse:
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_hal::flow_meter::{FlowMeter, KFactor};
///
/// let mut meter = FlowMeter::new(KFactor::new(1, 10_000)?).debounce(millis(50));
/// let closes = Instant::from_secs(30);
/// assert!(meter.edge(closes));
/// assert!(!meter.edge(closes + millis(3))); // the contact bounces
/// assert!(meter.edge(closes + secs(60)));
/// assert_eq!(meter.flow(closes + secs(60)).volume, 20_000);
/// # Ok::<(), gofarm_hal::flow_meter::KFactorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FlowMeter {
    k: KFactor,
    window: Duration,
    still_after: Duration,
    debounce: Duration,
    mask: u32,
    most: u32,
    /// The counter as it was read last.
    raw: Option<u32>,
    edge: Option<Instant>,
    /// When the pulses that the next rate is made of began to be counted.
    since: Option<Instant>,
    pulses: u32,
    /// When the last pulse was seen.
    last: Option<Instant>,
    rate: u32,
    volume: u64,
    /// What is left of a millilitre, in parts of `k.pulses()`.
    rest: u64,
}

impl FlowMeter {
    /// A meter with 32 bits of counter, a window of 1 s, still after 60 s and 2 ms of debounce, at any rate.
    #[must_use]
    pub const fn new(k: KFactor) -> Self {
        Self {
            k,
            window: secs(1),
            still_after: secs(60),
            debounce: millis(2),
            mask: u32::MAX,
            most: u32::MAX,
            raw: None,
            edge: None,
            since: None,
            pulses: 0,
            last: None,
            rate: 0,
            volume: 0,
            rest: 0,
        }
    }

    /// With a counter of so many bits, 1 to 32.
    #[must_use]
    pub const fn counter_bits(mut self, bits: u8) -> Self {
        self.mask = match bits {
            0 | 1 => 1,
            2..=31 => (1 << bits) - 1,
            _ => u32::MAX,
        };
        self
    }

    /// With another shortest time for which pulses are counted to give a rate than 1 s.
    #[must_use]
    pub const fn window(mut self, time: Duration) -> Self {
        self.window = time;
        self
    }

    /// With another time without a pulse after which nothing runs than 60 s: longer than a pulse takes at the lowest
    /// rate that counts.
    #[must_use]
    pub const fn still_after(mut self, time: Duration) -> Self {
        self.still_after = time;
        self
    }

    /// With another time in which an edge after an edge is the same pulse than 2 ms.
    #[must_use]
    pub const fn debounce(mut self, time: Duration) -> Self {
        self.debounce = time;
        self
    }

    /// With the most that the meter can show, in ml/min: a counter that says more has been reset or disturbed.
    #[must_use]
    pub const fn most(mut self, rate: u32) -> Self {
        self.most = rate;
        self
    }

    /// Takes one edge of a contact; `false` if it is a bounce of the one before.
    pub fn edge(&mut self, now: Instant) -> bool {
        let is_bounce = self.edge.is_some_and(|edge| now < edge + self.debounce);
        if !is_bounce {
            self.edge = Some(now);
            self.add(1, now);
        }
        !is_bounce
    }

    /// Takes what a hardware counter shows, and says how many pulses that is more. The first one only sets the start.
    ///
    /// Read it before it can go once through all its values, or those pulses are lost.
    ///
    /// # Errors
    /// [`ImplausibleCount`] if so many pulses are more than the meter can give in the time; none of them is counted,
    /// and the next count starts from here.
    pub fn counter(&mut self, raw: u32, now: Instant) -> Result<u32, ImplausibleCount> {
        let raw = raw & self.mask;
        let Some(before) = self.raw.replace(raw) else {
            self.since = Some(now);
            return Ok(0);
        };
        let pulses = raw.wrapping_sub(before) & self.mask;
        let time = now.saturating_since(self.since.unwrap_or(now));
        let rate = self.rate_of(pulses.saturating_add(self.pulses), time.max(self.window));
        if rate > self.most {
            return Err(ImplausibleCount { pulses, rate });
        }
        self.add(pulses, now);
        Ok(pulses)
    }

    /// What it shows now.
    #[must_use]
    pub fn flow(&self, now: Instant) -> Flow {
        let idle = match self.last {
            Some(last) => now.saturating_since(last),
            None => Duration::MAX,
        };
        let rate = if idle >= self.still_after {
            0
        } else if idle > self.window {
            self.rate.min(self.rate_of(1, idle))
        } else {
            self.rate
        };
        Flow {
            rate,
            volume: self.volume,
        }
    }

    fn add(&mut self, pulses: u32, now: Instant) {
        let parts = u64::from(pulses) * u64::from(self.k.millilitres()) + self.rest;
        let k = u64::from(self.k.pulses());
        self.volume = self.volume.saturating_add(parts / k);
        self.rest = parts % k;

        self.pulses = self.pulses.saturating_add(pulses);
        if self.pulses == 0 {
            return;
        }
        if pulses > 0 {
            self.last = Some(now);
        }
        let since = *self.since.get_or_insert(now);
        let time = now.saturating_since(since);
        if time >= self.window && pulses > 0 {
            self.rate = self.rate_of(self.pulses, time);
            self.since = Some(now);
            self.pulses = 0;
        }
    }

    /// So many pulses in a time, in ml/min; saturating.
    fn rate_of(&self, pulses: u32, time: Duration) -> u32 {
        let parts = u64::from(pulses) * u64::from(self.k.millilitres());
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = parts.saturating_mul(60_000) / u64::from(self.k.pulses()).saturating_mul(time);
        u32::try_from(rate).unwrap_or(u32::MAX)
    }
}

/// More pulses than a meter can give in the time: its counter was reset or disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{pulses} pulses more make {rate} ml/min, which this meter cannot show")]
pub struct ImplausibleCount {
    /// How many pulses more the counter showed.
    pub pulses: u32,
    /// What rate that would be, in ml/min.
    pub rate: u32,
}

impl Classify for ImplausibleCount {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}
