//! [`DataRate`]: how long a frame is on air.

use core::time::Duration;

/// A LoRa modulation: spreading factor and bandwidth, at coding rate 4/5, as all LoRaWAN uplinks are.
///
/// ```
/// use gofarm_hal::lorawan::Region;
///
/// let slowest = Region::Eu868.data_rate(0).ok_or("DR0")?;
/// assert_eq!((slowest.spreading_factor(), slowest.bandwidth_khz()), (12, 125));
/// // 51 bytes of payload and 13 of LoRaWAN around them.
/// assert_eq!(slowest.air_time(64).as_micros(), 2_793_472);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DataRate {
    spreading_factor: u8,
    bandwidth_khz: u16,
}

impl DataRate {
    /// Preamble of a LoRaWAN frame, in symbols.
    const PREAMBLE: u32 = 8;

    /// `spreading_factor` 7 to 12, `bandwidth_khz` 125, 250 or 500; `None` for others.
    #[must_use]
    pub const fn new(spreading_factor: u8, bandwidth_khz: u16) -> Option<Self> {
        match (spreading_factor, bandwidth_khz) {
            (7..=12, 125 | 250 | 500) => Some(Self::lora(spreading_factor, bandwidth_khz)),
            _ => None,
        }
    }

    pub(super) const fn lora(spreading_factor: u8, bandwidth_khz: u16) -> Self {
        Self {
            spreading_factor,
            bandwidth_khz,
        }
    }

    /// The spreading factor, 7 to 12.
    #[must_use]
    pub const fn spreading_factor(self) -> u8 {
        self.spreading_factor
    }

    /// The bandwidth, in kHz.
    #[must_use]
    pub const fn bandwidth_khz(self) -> u16 {
        self.bandwidth_khz
    }

    /// The time that a frame of `len` bytes is on air, explicit header and CRC included; for LoRaWAN `len` is the payload
    /// and 13 bytes, and up to 15 more of MAC commands. A frame has at most 255 bytes; more count as 255.
    ///
    /// By the formula of Semtech's AN1200.13 (also SX1276 datasheet, section 4.1.1.7). The low data rate optimisation is
    /// on from symbols of 16.384 ms, as LoRaWAN prescribes for SF11 and SF12 at 125 kHz.
    #[must_use]
    pub const fn air_time(self, len: usize) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "at most 255"
        )]
        let len = if len > 255 { 255 } else { len as i32 };
        let factor = self.spreading_factor as i32;
        let symbol_us = (1_000 << self.spreading_factor as u32) / self.bandwidth_khz as u32;
        let optimised = if symbol_us >= 16_384 { 2 } else { 0 };
        // 8 symbols of header; then 5 (coding rate 4/5) for each block of SF or SF - 2 bits times 4.
        let bits = 8 * len - 4 * factor + 28 + 16;
        let per_block = 4 * (factor - optimised);
        let blocks = if bits > 0 {
            (bits + per_block - 1) / per_block
        } else {
            0
        };
        let quarters = 4 * Self::PREAMBLE + 17 + 4 * (8 + 5 * blocks.unsigned_abs());
        Duration::from_micros((quarters * symbol_us / 4) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payloads of 25 to 28 bytes, in microseconds, as the calculators of The Things Network and Avbentem give them.
    #[test]
    fn air_times_are_those_of_the_published_calculators() {
        let rows = [
            (7, 250, [41_088, 41_088, 41_088, 43_648]),
            (7, 125, [82_176, 82_176, 82_176, 87_296]),
            (8, 125, [143_872, 154_112, 154_112, 154_112]),
            (9, 125, [267_264, 267_264, 287_744, 287_744]),
            (10, 125, [493_568, 493_568, 534_528, 534_528]),
            (11, 125, [1_069_056, 1_069_056, 1_069_056, 1_150_976]),
            (12, 125, [1_974_272, 1_974_272, 1_974_272, 2_138_112]),
        ];
        for (factor, bandwidth, times) in rows {
            let rate = DataRate::new(factor, bandwidth).expect("a rate");
            for (len, micros) in (25..).zip(times) {
                let found = rate.air_time(13 + len).as_micros();
                assert_eq!(found, micros, "SF{factor}/{bandwidth} {len}");
            }
        }
        assert_eq!(DataRate::new(6, 125), None);
        assert_eq!(DataRate::new(7, 200), None);
    }
}
