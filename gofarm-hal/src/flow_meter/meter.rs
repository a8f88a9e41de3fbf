//! [`FlowMeter`]: pulses become a rate and a volume.

use gofarm_core::time::Instant;

use super::KFactor;
use crate::sensor::pulse_counter::PulseCounter;

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
    /// How much has run, in ml: since the meter was made, and before it if a count was restored.
    pub volume: u64,
}

/// A meter that gives pulses: counted by hardware, or one interrupt at a time.
///
/// How pulses are counted, and what they are when a contact bounces, a counter wraps or the water stops, is the matter of
/// [`PulseCounter`]. See the [module](super) for a hardware counter. With an interrupt for each pulse, and a volume that
/// outlives a restart:
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_hal::flow_meter::{FlowMeter, KFactor};
/// use gofarm_hal::sensor::pulse_counter::{PulseCounter, Saved};
///
/// let pulses = PulseCounter::new().debounce(millis(50)).restored(Saved::total(812));
/// let mut meter = FlowMeter::with(KFactor::new(1, 10_000)?, pulses); // one pulse every 10 litres
/// let closes = Instant::from_secs(30);
/// assert!(meter.pulses_mut().edge(closes));
/// assert!(!meter.pulses_mut().edge(closes + millis(3))); // the contact bounces
/// assert!(meter.pulses_mut().edge(closes + secs(60)));
/// let flow = meter.flow(closes + secs(60));
/// assert_eq!((flow.rate, flow.volume), (10_000, 8_140_000));
/// # Ok::<(), gofarm_hal::flow_meter::KFactorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FlowMeter {
    k: KFactor,
    pulses: PulseCounter,
}

impl FlowMeter {
    /// A meter with the defaults of [`PulseCounter`].
    #[must_use]
    pub const fn new(k: KFactor) -> Self {
        Self::with(k, PulseCounter::new())
    }

    /// A meter with a counter of its own, as for hardware of other than 32 bits or a total that was kept.
    #[must_use]
    pub const fn with(k: KFactor, pulses: PulseCounter) -> Self {
        Self { k, pulses }
    }

    /// With the most that the meter can show, in ml/min: a counter that says more has started again or was disturbed.
    #[must_use]
    pub const fn most(mut self, rate: u32) -> Self {
        // Pulses in 60 times the millilitres of the ratio, of which one a second is 10^6 microhertz.
        let pulses = rate as u64 * self.k.pulses() as u64;
        let per = self.k.millilitres() as u64 * 60;
        let whole = (pulses / per).saturating_mul(1_000_000);
        let microhertz = whole.saturating_add((pulses % per * 1_000_000).div_ceil(per));
        self.pulses = self.pulses.most_microhertz(microhertz);
        self
    }

    /// The counter, to be told of edges or counts.
    pub const fn pulses_mut(&mut self) -> &mut PulseCounter {
        &mut self.pulses
    }

    /// What it shows now.
    #[must_use]
    pub fn flow(&self, now: Instant) -> Flow {
        Flow {
            rate: self.rate_of(self.pulses.microhertz(now)),
            volume: self.volume(),
        }
    }

    /// All pulses in millilitres, rounded down; no drop is lost, as none is added up.
    fn volume(&self) -> u64 {
        let (pulses, millilitres) = (u64::from(self.k.pulses()), u64::from(self.k.millilitres()));
        let total = self.pulses.total();
        let whole = (total / pulses).saturating_mul(millilitres);
        whole.saturating_add(total % pulses * millilitres / pulses)
    }

    /// So many pulses per 10^6 s in ml/min; saturating.
    fn rate_of(&self, microhertz: u64) -> u32 {
        let millilitres = u64::from(self.k.millilitres()) * 60;
        let per = u64::from(self.k.pulses()) * 1_000_000;
        // Where 64 bits are too few for the product, both sides lose low bits: a rate that fits into 32 keeps 31.
        let zeros = microhertz.leading_zeros() + millilitres.leading_zeros();
        let excess = 64_u32.saturating_sub(zeros);
        let rate = (microhertz >> excess) * millilitres / (per >> excess).max(1);
        u32::try_from(rate).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_limits_are_right_for_every_ratio() {
        let ratios = [1, 3, 450, 4_523, 10_000, KFactor::MAX];
        for pulses in ratios {
            for millilitres in ratios {
                let k = KFactor::new(pulses, millilitres).expect("in range");
                let meter = FlowMeter::new(k);
                for power in 0..if cfg!(miri) { 8 } else { 64 } {
                    let microhertz = (1_u64 << power) | 1;
                    let exact = u128::from(microhertz) * 60 * u128::from(millilitres)
                        / (u128::from(pulses) * 1_000_000);
                    let exact = u32::try_from(exact).unwrap_or(u32::MAX);
                    let rate = meter.rate_of(microhertz);
                    let least = exact.saturating_sub((exact >> 29) + 1);
                    assert!(rate >= least && rate <= exact + (exact >> 29).min(u32::MAX - exact));
                    // A meter shows its own limit, unless pulses for that cannot be counted.
                    let limit = FlowMeter::new(k).most(exact).pulses.limit();
                    assert!(limit == u64::MAX || meter.rate_of(limit) >= least);
                }
            }
        }
    }
}
