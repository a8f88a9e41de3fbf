//! [`Reckoned`]: when a line is drained whose hardware does not say it.

use core::time::Duration;

use gofarm_core::time::Instant;

/// When the last bit of what was written has left, by the time that a character takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reckoned {
    character: Duration,
    drained: Instant,
}

impl Reckoned {
    /// A line with so many `bits` a character, start and stop included. A speed of 0 is taken as 1.
    pub(super) const fn new(baud_rate: u32, bits: u8) -> Self {
        let rate = if baud_rate == 0 { 1 } else { baud_rate as u64 };
        Self {
            character: Duration::from_micros((bits as u64 * 1_000_000).div_ceil(rate)),
            drained: Instant::ZERO,
        }
    }

    /// The same line at another speed.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(super) const fn set_speed(&mut self, baud_rate: u32, bits: u8) {
        self.character = Self::new(baud_rate, bits).character;
    }

    /// The time of one character on the line.
    pub(super) const fn character(&self) -> Duration {
        self.character
    }

    /// So many characters were written; the first of a row waits for the shift register.
    pub(super) fn wrote(&mut self, now: Instant, characters: usize) {
        if characters == 0 {
            return;
        }
        let begins = if self.drained > now {
            self.drained
        } else {
            now + self.character
        };
        let count = u32::try_from(characters).unwrap_or(u32::MAX);
        self.drained = begins + self.character * count;
    }

    /// When it is drained; [`Instant::ZERO`] if nothing was ever written.
    pub(super) const fn drained(&self) -> Instant {
        self.drained
    }
}
