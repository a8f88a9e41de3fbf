//! The status register (section 4.11).

use crate::sensor::i2c::{Ask, Exchange, Fault};
use crate::sensor::sensirion::word;

/// Reads the status register (section 4.11, table 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct ReadStatus;

impl Ask for ReadStatus {
    type Answer = Status;

    fn exchange(&self) -> Exchange {
        Exchange::command([0xF3, 0x2D]).answers(3)
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<Status>, Fault> {
        match *answer {
            [high, low, crc] => Ok(Some(Status(word([high, low, crc])?))),
            _ => Err(Fault::Length),
        }
    }
}

/// Clears what the status register keeps: alerts, and that there was a reset (section 4.11, table 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct ClearStatus;

impl Ask for ClearStatus {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([0x30, 0x41])
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}

/// The status register (section 4.11, table 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Status(u16);

impl Status {
    /// The register.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the heater is on: bit 13.
    #[must_use]
    pub const fn heater(self) -> bool {
        self.0 & (1 << 13) != 0
    }

    /// Whether the chip was reset since the status was cleared last, as by a supply that failed: bit 4.
    #[must_use]
    pub const fn was_reset(self) -> bool {
        self.0 & (1 << 4) != 0
    }

    /// Whether the last command was not executed: bit 1.
    #[must_use]
    pub const fn command_failed(self) -> bool {
        self.0 & (1 << 1) != 0
    }

    /// Whether the checksum of the last write was wrong: bit 0.
    #[must_use]
    pub const fn write_checksum_failed(self) -> bool {
        self.0 & 1 != 0
    }
}
