//! [`DutyCycle`]: air time over a sliding hour, by sub-band.
//!
//! The usual way waits `air time × (1 / duty - 1)` after each frame. That keeps an average, but an alarm right behind a
//! long reading at SF12 waits for four and a half minutes although the hour's budget is hardly touched. The standard
//! limits the sum in any hour, so that is what is counted: in slots of 100 s, of which the last 37 and the running one
//! cover the hour whatever the moment, at 152 bytes a sub-band. A slot counts as long as any of it may be in the hour, so
//! the sum is never too low, and at most 200 s late in falling.

use core::time::Duration;

use gofarm_core::time::Instant;

/// A sub-band of EU868 and the part of an hour that one device may be on air in it (ETSI EN 300 220-2 V3.2.1,
/// annex B, whose letters these are).
///
/// ```
/// use gofarm_hal::lorawan::SubBand;
///
/// assert_eq!(SubBand::of(868_300_000), Some(SubBand::M));
/// assert_eq!(SubBand::M.budget().as_secs(), 36);
/// assert_eq!(SubBand::of(869_525_000), Some(SubBand::P));
/// assert_eq!(SubBand::of(868_650_000), None); // alarms only
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the standard has these")]
pub enum SubBand {
    /// 863 to 865 MHz, 0.1 %.
    K,
    /// 865 to 868 MHz, 1 %: the channels that networks usually add.
    L,
    /// 868.0 to 868.6 MHz, 1 %: the three default channels.
    M,
    /// 868.7 to 869.2 MHz, 0.1 %.
    N,
    /// 869.4 to 869.65 MHz, 10 %: the second receive window.
    P,
    /// 869.7 to 870 MHz, 1 %.
    Q,
}

impl SubBand {
    /// The sub-band of a carrier, in Hz; `None` if it lies in none.
    #[must_use]
    pub const fn of(hertz: u32) -> Option<Self> {
        Some(match hertz {
            863_000_000..865_000_000 => Self::K,
            865_000_000..868_000_000 => Self::L,
            868_000_000..=868_600_000 => Self::M,
            868_700_000..=869_200_000 => Self::N,
            869_400_000..=869_650_000 => Self::P,
            869_700_000..=870_000_000 => Self::Q,
            _ => return None,
        })
    }

    /// The most air time in any hour.
    #[must_use]
    pub const fn budget(self) -> Duration {
        Duration::from_micros(self.budget_us() as u64)
    }

    const fn budget_us(self) -> u32 {
        match self {
            Self::K | Self::N => 3_600_000,
            Self::L | Self::M | Self::Q => 36_000_000,
            Self::P => 360_000_000,
        }
    }
}

const SLOT_SECS: u64 = 100;
/// An hour has 36; one more because a frame may reach into the hour, and the running one.
const SLOTS: usize = 38;

#[derive(Clone, Copy, Debug)]
struct Band {
    band: SubBand,
    /// Air time in each slot, in microseconds; slot `n` stands at `n % SLOTS`.
    spent_us: [u32; SLOTS],
}

/// The air time of the last hour in each of `B` sub-bands; with none, everything is allowed.
///
/// The MAC picks the channel, so a frame is allowed when each sub-band that has channels could take it, and charged to
/// the one that it went out in.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_hal::lorawan::{DutyCycle, SubBand};
///
/// let mut duty = DutyCycle::new([SubBand::M]);
/// for _ in 0..9 {
///     assert!(duty.allows_at(Instant::ZERO, secs(4), 0) <= Instant::ZERO);
///     duty.charge(Instant::ZERO, Some(868_100_000), secs(4));
/// }
/// let again = duty.allows_at(Instant::ZERO, secs(4), 0); // 36 s are used up
/// assert!(again >= Instant::from_secs(3_600) && again <= Instant::from_secs(3_800));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DutyCycle<const B: usize> {
    bands: [Band; B],
    /// The number of the running slot.
    slot: u64,
}

impl<const B: usize> DutyCycle<B> {
    /// Nothing on air so far in these sub-bands, which are those that the MAC has channels in.
    #[must_use]
    pub fn new(bands: [SubBand; B]) -> Self {
        Self {
            bands: bands.map(|band| Band {
                band,
                spent_us: [0; SLOTS],
            }),
            slot: 0,
        }
    }

    /// From when on a frame of `air_time` is allowed, at the earliest `now`; `reserve_percent` of each budget is left for
    /// others. [`Instant::FAR_FUTURE`] if the frame is longer than the budget.
    #[must_use]
    pub fn allows_at(&self, now: Instant, air_time: Duration, reserve_percent: u8) -> Instant {
        let needed = micros(air_time);
        let at = self.bands.iter().map(|band| {
            let budget = u64::from(band.band.budget_us());
            let usable = budget - budget * u64::from(reserve_percent.min(100)) / 100;
            self.band_allows_at(band, now, u64::from(needed), usable)
        });
        at.fold(now, Instant::max)
    }

    fn band_allows_at(&self, band: &Band, now: Instant, needed: u64, usable: u64) -> Instant {
        if needed > usable {
            return Instant::FAR_FUTURE;
        }
        // Slots that have fallen out by `now` without a charge since do not count.
        let oldest = (slot_of(now).max(self.slot) + 1).saturating_sub(SLOTS as u64);
        let slots = oldest..=self.slot;
        let mut spent: u64 = slots.clone().map(|slot| band.spent(slot)).sum();
        for slot in slots {
            if spent + needed <= usable {
                break;
            }
            spent -= band.spent(slot);
            if spent + needed <= usable {
                return Instant::from_secs((slot + SLOTS as u64) * SLOT_SECS);
            }
        }
        now
    }

    /// Notes a frame that began at `now`, on a carrier in Hz if it is known; one in none of the sub-bands, or unknown, is
    /// charged to all.
    pub fn charge(&mut self, now: Instant, carrier: Option<u32>, air_time: Duration) {
        self.advance(slot_of(now));
        let found = carrier.and_then(SubBand::of);
        let is_listed = self.bands.iter().any(|band| Some(band.band) == found);
        let at = place(self.slot);
        for band in &mut self.bands {
            if is_listed && Some(band.band) != found {
                continue;
            }
            if let Some(spent) = band.spent_us.get_mut(at) {
                *spent = spent.saturating_add(micros(air_time));
            }
        }
    }

    fn advance(&mut self, slot: u64) {
        let new = slot.saturating_sub(self.slot).min(SLOTS as u64);
        for ahead in 1..=new {
            let at = place(slot.max(self.slot) - new + ahead);
            for band in &mut self.bands {
                if let Some(spent) = band.spent_us.get_mut(at) {
                    *spent = 0;
                }
            }
        }
        self.slot = self.slot.max(slot);
    }
}

impl Band {
    fn spent(&self, slot: u64) -> u64 {
        self.spent_us.get(place(slot)).copied().unwrap_or(0).into()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "less than SLOTS")]
const fn place(slot: u64) -> usize {
    (slot % SLOTS as u64) as usize
}

const fn slot_of(now: Instant) -> u64 {
    now.as_micros() / (SLOT_SECS * 1_000_000)
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
