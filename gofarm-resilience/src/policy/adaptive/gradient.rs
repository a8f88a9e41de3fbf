//! [`Gradient`]: the limit follows how much longer calls take than the shortest do.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::places::{ONE, Places};
use super::{Bounds, LimitPermit, micros};
use crate::memory::{Memory, Owned, Word};
use crate::policy::{ConfigError, Outcome, Policy, Rejected};

/// The figures of a [`Gradient`].
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::policy::Gradient;
///
/// assert!(Gradient::adaptive().bounds(20, 4, 200).reprobe_every(secs(60)).build().is_ok());
/// let error = Gradient::adaptive().tolerance_percent(90).build().unwrap_err();
/// assert_eq!(error.to_string(), "tolerance_percent must be from 100 to 1000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct GradientConfig {
    bounds: Bounds,
    tolerance_percent: u16,
    samples: u16,
    reprobe_every: Duration,
}

/// A limit that follows the latency: `limit × gradient + √limit`, where the gradient is the shortest latency with
/// a tolerance over the average of the last window, from 0.5 to 1.
///
/// After Netflix' Gradient and Vegas limits. The root is the queue that it allows, by which it grows. A window is a
/// number of calls that went well; a fifth of the new limit is taken over at its end. A failure cuts the limit by a
/// tenth, once for all calls that were under way.
///
/// **Re-probing.** After [`GradientConfig::reprobe_every`] the limit is halved for a window of calls that are all
/// admitted under the halved limit, so that a queue drains; the shortest latency among them is the new measure, and
/// the limit of before comes back. Calls that never end do not stop it: the window waits for calls that do.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_resilience::policy::{Gradient, Policy};
/// use gofarm_resilience::Outcome;
///
/// let limit = Gradient::adaptive().bounds(10, 1, 100).build()?;
/// let permit = limit.try_acquire(Instant::ZERO)?;
/// limit.record(permit, Instant::ZERO + millis(20), Outcome::Success);
/// assert_eq!(limit.limit(), 10); // a window has 50 calls
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Gradient<M: Memory = Owned> {
    places: Places<M>,
    /// The calls of this window: their number in the upper 16 bits, their latencies' sum in µs below.
    window: M::Word,
    /// The shortest latency of this window in µs; `u64::MAX` for none.
    shortest: M::Word,
    /// The most calls under way in this window.
    peak: M::Word,
    /// The shortest latency without a queue, in µs; `u64::MAX` while it is not known.
    baseline: M::Word,
    /// When the shortest latency is measured again, in µs.
    reprobe_at: M::Word,
    /// From when calls count for the window, in µs.
    window_from: M::Word,
    /// The limit from before the probe, in 1/65536; 0 while none is under way.
    before_probe: M::Word,
    tolerance_percent: u64,
    samples: u64,
    reprobe_micros: u64,
}

/// A gradient limit that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedGradient = Gradient<crate::memory::Shared>;

const UNKNOWN: u64 = u64::MAX;
const SUM_BITS: u32 = 48;
const SUM_MAX: u64 = (1 << SUM_BITS) - 1;

impl Gradient {
    /// Starts a configuration with the defaults.
    pub const fn adaptive() -> GradientConfig {
        GradientConfig {
            bounds: Bounds::DEFAULT,
            tolerance_percent: 150,
            samples: 50,
            reprobe_every: Duration::from_secs(30),
        }
    }
}

impl GradientConfig {
    /// The limit at the start, the lowest and the highest; from 1 to 65535. Default 10, 1 and 1000.
    pub const fn bounds(mut self, initial: u32, min: u32, max: u32) -> Self {
        self.bounds = Bounds { initial, min, max };
        self
    }

    /// How long the average may be before the limit shrinks, in percent of the shortest latency; 100 to 1000.
    /// Default 150, as in Netflix' Gradient2.
    pub const fn tolerance_percent(mut self, tolerance_percent: u16) -> Self {
        self.tolerance_percent = tolerance_percent;
        self
    }

    /// The calls of a window, 10 to 1000. Default 50.
    pub const fn samples(mut self, samples: u16) -> Self {
        self.samples = samples;
        self
    }

    /// How often the shortest latency is measured again, 1 s to 1 h. Default 30 s.
    pub const fn reprobe_every(mut self, reprobe_every: Duration) -> Self {
        self.reprobe_every = reprobe_every;
        self
    }

    /// Makes a limit for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Gradient, ConfigError> {
        Gradient::new(self)
    }

    /// Makes a limit that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<SharedGradient, ConfigError> {
        Gradient::new(self)
    }
}

impl<M: Memory> Gradient<M> {
    /// A limit with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &GradientConfig) -> Result<Self, ConfigError> {
        config.bounds.check()?;
        if config.tolerance_percent < 100 || config.tolerance_percent > 1_000 {
            return Err(ConfigError::new("tolerance_percent", "from 100 to 1000"));
        }
        if config.samples < 10 || config.samples > 1_000 {
            return Err(ConfigError::new("samples", "from 10 to 1000"));
        }
        if config.reprobe_every < Duration::from_secs(1)
            || config.reprobe_every > Duration::from_secs(3_600)
        {
            return Err(ConfigError::new("reprobe_every", "from 1 s to 1 h"));
        }
        Ok(Self {
            places: Places::new(&config.bounds),
            window: M::Word::new(0),
            shortest: M::Word::new(UNKNOWN),
            peak: M::Word::new(0),
            baseline: M::Word::new(UNKNOWN),
            reprobe_at: M::Word::new(0),
            window_from: M::Word::new(0),
            before_probe: M::Word::new(0),
            tolerance_percent: u64::from(config.tolerance_percent),
            samples: u64::from(config.samples),
            reprobe_micros: micros(config.reprobe_every),
        })
    }

    /// The limit in force, in whole calls.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.places.limit()
    }

    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.places.in_flight()
    }

    /// The latency without a queue, as far as it is known.
    #[must_use]
    pub fn baseline(&self) -> Option<Duration> {
        match self.baseline.load() {
            UNKNOWN => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }

    /// Takes in a latency; whoever completes the window moves the limit.
    fn sample(&self, latency: u64, in_flight: u64, now: Instant) {
        // Refused if it is not shorter or not more: nothing to change.
        let _ = self
            .shortest
            .update(|least| (latency < least).then_some(latency));
        let _ = self
            .peak
            .update(|most| (in_flight > most).then_some(in_flight));
        let mut full = None;
        let counted = self.window.update(|word| {
            let count = (word >> SUM_BITS) + 1;
            let sum = (word & SUM_MAX).saturating_add(latency).min(SUM_MAX);
            if count < self.samples {
                full = None;
                return Some(count << SUM_BITS | sum);
            }
            full = Some(sum / count);
            Some(0)
        });
        debug_assert!(counted.is_ok(), "a sample is never refused");
        if let Some(average) = full {
            self.close_window(average, now);
        }
    }

    fn close_window(&self, average: u64, now: Instant) {
        let shortest = self.shortest.swap(UNKNOWN);
        let peak = self.peak.swap(0);
        let before = self.before_probe.swap(0);
        if before > 0 {
            self.baseline.store(shortest);
            self.places.change(|_| before);
            self.reprobe_at
                .store(now.as_micros().saturating_add(self.reprobe_micros));
            return;
        }
        let baseline = self.baseline.load().min(shortest);
        self.baseline.store(baseline);
        match self.reprobe_at.load() {
            0 => self
                .reprobe_at
                .store(now.as_micros().saturating_add(self.reprobe_micros)),
            due if now.as_micros() >= due => return self.probe(now),
            _ => {}
        }
        let gradient = self.gradient(baseline, average);
        self.places.change(|limit| {
            let queue = u64::from(u32::try_from(limit).unwrap_or(u32::MAX).isqrt()) << 8;
            let wanted = limit * gradient / ONE + queue;
            let next = (limit * 4 + wanted) / 5;
            // No growth while less than half of the limit was in use at the busiest moment.
            if peak * 2 * ONE < limit {
                next.min(limit)
            } else {
                next
            }
        });
    }

    /// Halves the limit, for a window of calls that are admitted from now on.
    fn probe(&self, now: Instant) {
        self.window_from.store(now.as_micros().saturating_add(1));
        let mut before = 0;
        self.places.change(|limit| {
            before = limit;
            limit / 2
        });
        self.before_probe.store(before.max(1));
    }

    /// The shortest latency with its tolerance over the average, from 0.5 to 1, in 1/65536.
    fn gradient(&self, baseline: u64, average: u64) -> u64 {
        let tolerated = u128::from(baseline) * u128::from(self.tolerance_percent * ONE);
        let gradient = tolerated / (u128::from(average.max(1)) * 100);
        u64::try_from(gradient).unwrap_or(ONE).clamp(ONE / 2, ONE)
    }
}

impl<M: Memory> Policy for Gradient<M> {
    type Permit = LimitPermit;

    fn try_acquire(&self, now: Instant) -> Result<LimitPermit, Rejected> {
        self.places.try_take(now)
    }

    fn record(&self, permit: LimitPermit, now: Instant, outcome: Outcome) {
        let load = self.places.give_back();
        match outcome {
            Outcome::Neutral => {}
            Outcome::Failure => self.places.cut(&permit, now, 90),
            Outcome::Success if permit.started.as_micros() >= self.window_from.load() => {
                let latency = micros(now.saturating_since(permit.started));
                self.sample(latency, load.in_flight, now);
            }
            Outcome::Success => {}
        }
    }

    fn cancel(&self, permit: LimitPermit, _now: Instant) {
        let LimitPermit { .. } = permit;
        self.places.give_back();
    }
}
