//! Limits on the current of a coil or motor.

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::{ConfigError, Confirm, Fault};

/// What the current of a coil or motor may be, in mA.
///
/// Under the lower limit the coil is broken or not connected, over the upper one it is shorted. When a coil is
/// switched on, and while a motor starts, more may flow for a time. There is no default: take 100 mA to 1 200 mA with
/// 600 mA of inrush for 24 V AC solenoids, as OpenSprinkler does, and the datasheet for all else.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::valve::CurrentLimits;
///
/// let limits = CurrentLimits::new(100, 1_200).inrush(600, millis(50));
/// assert_eq!(limits.over(millis(10)), 1_800);
/// assert_eq!(limits.over(millis(50)), 1_200);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CurrentLimits {
    under: u16,
    over: u16,
    inrush: u16,
    inrush_time: Duration,
}

impl CurrentLimits {
    /// Limits without inrush: the least and the most in mA.
    #[must_use]
    pub const fn new(under: u16, over: u16) -> Self {
        Self {
            under,
            over,
            inrush: 0,
            inrush_time: millis(0),
        }
    }

    /// With so many mA more for so long after it is switched on.
    #[must_use]
    pub const fn inrush(mut self, more: u16, time: Duration) -> Self {
        self.inrush = more;
        self.inrush_time = time;
        self
    }

    /// The lower limit, in mA.
    #[must_use]
    pub const fn under(&self) -> u16 {
        self.under
    }

    /// The upper limit so long after it was switched on, in mA.
    #[must_use]
    pub fn over(&self, since: Duration) -> u16 {
        if since < self.inrush_time {
            self.over.saturating_add(self.inrush)
        } else {
            self.over
        }
    }
}

/// Holds the current of one stroke against its limits.
#[derive(Clone, Debug)]
pub(super) struct CurrentWatch {
    limits: Option<CurrentLimits>,
    since: Option<Instant>,
    highest: Option<u16>,
}

impl CurrentWatch {
    pub(super) const NONE: Self = Self {
        limits: None,
        since: None,
        highest: None,
    };

    pub(super) const fn limit(&mut self, limits: CurrentLimits) {
        self.limits = Some(limits);
    }

    pub(super) fn check(&self, confirm: Confirm) -> Result<(), ConfigError> {
        match self.limits {
            Some(limits) if limits.under >= limits.over => Err(ConfigError::new(
                "current",
                "a lower limit under the upper one",
            )),
            None if confirm == Confirm::Current => Err(ConfigError::new(
                "current",
                "limited, as the current confirms a close",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// The output is switched on, in whichever direction.
    pub(super) const fn switched_on(&mut self, now: Instant) {
        self.since = Some(now);
        self.highest = None;
    }

    pub(super) const fn switched_off(&mut self) {
        self.since = None;
    }

    /// Takes a sample; a fault if it says that the output has to be off.
    pub(super) fn sample(&mut self, milliamps: u16, now: Instant) -> Option<Fault> {
        let since = self.since?;
        self.highest = self.highest.max(Some(milliamps));
        let limit = self.limits?.over(now.saturating_since(since));
        (milliamps > limit).then_some(Fault::OverCurrent { milliamps, limit })
    }

    /// What the samples of a stroke say at its end; no samples say nothing.
    pub(super) fn verdict(&self) -> Result<(), Fault> {
        match (self.limits, self.highest) {
            (Some(CurrentLimits { under, .. }), Some(milliamps)) if milliamps < under => {
                Err(Fault::UnderCurrent {
                    milliamps,
                    limit: under,
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether a sample of the last stroke was as it should be.
    pub(super) fn is_proven(&self) -> bool {
        self.limits.is_some() && self.highest.is_some() && self.verdict().is_ok()
    }

    /// The lower limit at a duty cycle in percent, in mA.
    pub(super) fn under_at(&self, percent: u8) -> Option<u16> {
        let under = u32::from(self.limits?.under) * u32::from(percent) / 100;
        u16::try_from(under).ok()
    }
}
