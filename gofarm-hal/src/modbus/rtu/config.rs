//! [`RtuConfig`]: the times of a serial line.

use core::time::Duration;

use gofarm_core::time::{millis, secs};

/// The times of a serial line, for a client.
///
/// | | default | why |
/// |---|---|---|
/// | `response_timeout` | 1 s | Modbus over Serial Line 1.02, section 2.4.1: 1 s to several seconds at 9 600 bit/s |
/// | `quarantine` | 1 s | a unit that answers within 2 s is never taken for another answer |
/// | `turnaround` | 100 ms | section 2.4.1: 100 to 200 ms |
/// | `silence` | 3.5 characters, 1.75 ms above 19 200 bit/s | section 2.5.1.1 |
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::time::millis;
/// use gofarm_hal::modbus::RtuConfig;
///
/// const CONFIG: RtuConfig = RtuConfig::new(9_600).response_timeout(millis(300));
/// assert_eq!(CONFIG.character_time(), Duration::from_micros(1_146)); // eleven bits
/// assert_eq!(RtuConfig::new(115_200).silence_time(), Duration::from_micros(1_750));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct RtuConfig {
    pub(super) character: Duration,
    pub(super) silence: Duration,
    pub(super) response_timeout: Duration,
    pub(super) quarantine: Duration,
    pub(super) turnaround: Duration,
}

impl RtuConfig {
    /// The times at `baud_rate` bits per second, at eleven bits a character as the specification wants it; 10 (8N1)
    /// is well served by the same. A speed of 0 is taken as 1.
    pub const fn new(baud_rate: u32) -> Self {
        let rate = if baud_rate == 0 { 1 } else { baud_rate as u64 };
        let character = 11_000_000_u64.div_ceil(rate);
        let silence = if baud_rate > 19_200 {
            1_750
        } else {
            (character * 7).div_ceil(2)
        };
        Self {
            character: Duration::from_micros(character),
            silence: Duration::from_micros(silence),
            response_timeout: secs(1),
            quarantine: secs(1),
            turnaround: millis(100),
        }
    }

    /// How long a unit may take to begin its answer. The time of the answer on the line comes on top.
    pub const fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// How long a unit is asked nothing after a time-out, so that its late answer is not taken for the next.
    ///
    /// An answer on a serial line does not say what it answers. So this must cover the slowest unit: no answer is
    /// ever taken for another's if every unit answers within `response_timeout + quarantine`, or not at all.
    pub const fn quarantine(mut self, time: Duration) -> Self {
        self.quarantine = time;
        self
    }

    /// How long the units have to do what was broadcast, before the next request.
    pub const fn turnaround(mut self, time: Duration) -> Self {
        self.turnaround = time;
        self
    }

    /// How long the line must be silent before a frame, and after half of one before it is searched for another.
    pub const fn silence(mut self, time: Duration) -> Self {
        self.silence = time;
        self
    }

    /// The time of one character.
    #[must_use]
    pub const fn character_time(&self) -> Duration {
        self.character
    }

    /// The time of silence between frames.
    #[must_use]
    pub const fn silence_time(&self) -> Duration {
        self.silence
    }
}
