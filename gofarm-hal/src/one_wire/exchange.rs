//! [`Exchange`]: what is said to a device after a reset, and how much it answers.

use core::time::Duration;

use super::rom::Rom;

/// Commands to the address part of each device (Maxim DS18B20 datasheet, "ROM commands").
const MATCH_ROM: u8 = 0x55;
const SKIP_ROM: u8 = 0xCC;

/// Reset, address, bytes out, bytes in: everything that 1-Wire devices are told, but the search.
///
/// ```
/// use gofarm_hal::one_wire::{Exchange, Rom};
///
/// # let rom = Rom::new(0x28, [1, 2, 3, 4, 5, 6])?;
/// let read_scratchpad = Exchange::with(rom).write(&[0xBE]).read(9);
/// let everyone_converts = Exchange::with_all().write(&[0x44]);
/// # let _ = (read_scratchpad, everyone_converts);
/// # Ok::<(), gofarm_hal::one_wire::RomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Exchange {
    out: [u8; Exchange::MAX_OUT],
    out_len: u8,
    in_len: u8,
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    power: Duration,
}

impl Exchange {
    /// The most bytes that go out, the address and its command included.
    pub const MAX_OUT: usize = 24;
    /// The most bytes that come in.
    pub const MAX_IN: usize = 32;
    const MOST_IN: u8 = 32;

    /// To one device.
    #[must_use]
    pub const fn with(rom: Rom) -> Self {
        Self::EMPTY.write(&[MATCH_ROM]).write(&rom.to_bytes())
    }

    /// To every device at once. What is read is all their answers in one: sensible with a single device only.
    #[must_use]
    pub const fn with_all() -> Self {
        Self::EMPTY.write(&[SKIP_ROM])
    }

    const EMPTY: Self = Self {
        out: [0; Self::MAX_OUT],
        out_len: 0,
        in_len: 0,
        power: Duration::ZERO,
    };

    /// Writes `bytes` after what is written already; what goes beyond [`MAX_OUT`](Self::MAX_OUT) is cut off.
    #[must_use]
    pub const fn write(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() && (self.out_len as usize) < Self::MAX_OUT {
            self.out[self.out_len as usize] = bytes[i];
            self.out_len += 1;
            i += 1;
        }
        self
    }

    /// Reads `count` bytes at the end, at most [`MAX_IN`](Self::MAX_IN).
    #[must_use]
    pub const fn read(mut self, count: u8) -> Self {
        self.in_len = if count > Self::MOST_IN {
            Self::MOST_IN
        } else {
            count
        };
        self
    }

    /// Holds the strong pull-up for `time` after the last bit, for devices that live on the data line.
    #[must_use]
    pub const fn power_for(mut self, time: Duration) -> Self {
        self.power = time;
        self
    }

    pub(super) fn out(&self) -> &[u8] {
        self.out
            .get(..usize::from(self.out_len))
            .unwrap_or_default()
    }

    pub(super) const fn in_len(&self) -> usize {
        self.in_len as usize
    }

    pub(super) const fn power(&self) -> Duration {
        self.power
    }
}
