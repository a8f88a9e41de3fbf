//! [`Region`]: data rates and what they carry.

use core::time::Duration;

use super::DataRate;

/// Where the node is: which data rates there are and how long a payload may be (RP002-1.0.4).
///
/// ```
/// use gofarm_hal::lorawan::Region;
///
/// assert_eq!(Region::Eu868.max_payload(0), Some(51));
/// assert_eq!(Region::Us915.max_payload(0), Some(11)); // 400 ms of dwell time
/// assert_eq!(Region::Us915.max_payload(9), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Region {
    /// Europe, 863 to 870 MHz: duty cycles by sub-band.
    Eu868,
    /// North America, 902 to 928 MHz: no duty cycle, 400 ms of dwell time.
    Us915,
}

impl Region {
    /// The uplink modulation of data rate `dr`; `None` if the region has none with this number, or it is FSK.
    #[must_use]
    pub const fn data_rate(self, dr: u8) -> Option<DataRate> {
        Some(match (self, dr) {
            (Self::Eu868, 0..=5) => DataRate::lora(12 - dr, 125),
            (Self::Eu868, 6) => DataRate::lora(7, 250),
            (Self::Us915, 0..=3) => DataRate::lora(10 - dr, 125),
            (Self::Us915, 4) => DataRate::lora(8, 500),
            _ => return None,
        })
    }

    /// The longest payload at data rate `dr`, in bytes, without MAC commands and not behind a repeater; `None` if
    /// [`Region::data_rate`] has none.
    #[must_use]
    pub const fn max_payload(self, dr: u8) -> Option<usize> {
        Some(match (self, dr) {
            (Self::Eu868, 0..=2) => 51,
            (Self::Eu868, 3) => 115,
            (Self::Eu868, 4..=6) | (Self::Us915, 3 | 4) => 242,
            (Self::Us915, 0) => 11,
            (Self::Us915, 1) => 53,
            (Self::Us915, 2) => 125,
            _ => return None,
        })
    }

    /// The longest time that one frame may be on air; `None` where it is not limited.
    #[must_use]
    pub const fn max_dwell(self) -> Option<Duration> {
        match self {
            Self::Eu868 => None,
            Self::Us915 => Some(Duration::from_millis(400)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_payload_of_a_data_rate_exceeds_the_dwell_time() {
        for dr in 0..=4 {
            let rate = Region::Us915.data_rate(dr).expect("a rate");
            let len = Region::Us915.max_payload(dr).expect("a payload");
            assert!(
                Some(rate.air_time(13 + len)) <= Region::Us915.max_dwell(),
                "{dr}"
            );
        }
        for dr in 0..=255 {
            for region in [Region::Eu868, Region::Us915] {
                assert_eq!(
                    region.data_rate(dr).is_some(),
                    region.max_payload(dr).is_some()
                );
            }
        }
    }
}
