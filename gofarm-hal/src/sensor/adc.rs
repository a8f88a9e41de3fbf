//! [`AdcRange`]: what the counts of an analog-to-digital converter stand for.

/// A converter with so many bits over so much voltage.
///
/// `embedded-hal` 1.0 has no trait for converters, so probes on them take counts, however they were read.
///
/// ```
/// use gofarm_hal::sensor::adc::AdcRange;
///
/// const ADC: AdcRange = AdcRange::new(12, 3_300);
/// assert_eq!(ADC.most(), 4_095);
/// assert_eq!(ADC.microvolts(4_095), 3_300_000);
/// assert_eq!(ADC.microvolts(2_048), 1_650_403);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AdcRange {
    bits: u8,
    millivolts: u16,
}

impl AdcRange {
    /// A converter of `bits`, 1 to 24 (others become the nearest of these), whose highest count stands for `millivolts`.
    #[must_use]
    pub const fn new(bits: u8, millivolts: u16) -> Self {
        Self { bits, millivolts }
    }

    /// The highest count.
    #[must_use]
    pub const fn most(&self) -> u32 {
        let bits = match self.bits {
            0 => 1,
            1..=24 => self.bits,
            _ => 24,
        };
        (1 << bits) - 1
    }

    /// The voltage at the highest count, in uV.
    #[must_use]
    pub const fn full_scale(&self) -> u32 {
        self.millivolts as u32 * 1_000
    }

    /// The voltage of so many counts, in uV, rounded; more than the highest count is the highest.
    #[must_use]
    pub const fn microvolts(&self, counts: u32) -> u32 {
        let most = self.most() as u64;
        let counts = if (counts as u64) < most {
            counts as u64
        } else {
            most
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most the full scale, which fits"
        )]
        {
            ((counts * self.full_scale() as u64 + most / 2) / most) as u32
        }
    }
}
