//! The times and the wiring of a transceiver.

use core::time::Duration;

/// The times of a transceiver and how its receiver is wired.
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::time::millis;
/// use gofarm_hal::serial::{Echo, Rs485Config};
///
/// // An isolated transceiver whose receiver is always on, and a probe that needs 5 ms to turn round.
/// let config = Rs485Config::new()
///     .setup(Duration::from_micros(20))
///     .hold(Duration::from_micros(20))
///     .turnaround(millis(5))
///     .echo(Echo::Heard);
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing by itself"]
pub struct Rs485Config {
    pub(super) setup: Duration,
    pub(super) hold: Duration,
    pub(super) turnaround: Duration,
    pub(super) echo: Echo,
}

impl Rs485Config {
    /// No times, and no echo: right for a transceiver that is enabled within a microsecond or so, as the MAX485 is, and
    /// whose receiver is off while it drives.
    pub const fn new() -> Self {
        Self {
            setup: Duration::ZERO,
            hold: Duration::ZERO,
            turnaround: Duration::ZERO,
            echo: Echo::None,
        }
    }

    /// The time from the pin to the first bit; 0 unless set. The pin is set before the byte is written even so.
    pub const fn setup(self, setup: Duration) -> Self {
        Self { setup, ..self }
    }

    /// The time that the driver stays on after the last bit; 0 unless set. Late polls make it longer.
    pub const fn hold(self, hold: Duration) -> Self {
        Self { hold, ..self }
    }

    /// The least time from the last byte that was read to our driver; 0 unless set. For devices that let the bus go
    /// slowly. It counts from when the byte was read, not from when it came.
    pub const fn turnaround(self, turnaround: Duration) -> Self {
        Self { turnaround, ..self }
    }

    /// Whether our own bytes come back; not unless set.
    pub const fn echo(self, echo: Echo) -> Self {
        Self { echo, ..self }
    }
}

impl Default for Rs485Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the receiver hears what the driver sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a wire is there or not")]
pub enum Echo {
    /// The receiver is off while the driver is on: receiver-enable is tied to driver-enable.
    #[default]
    None,
    /// The receiver is always on: what was sent comes back, is compared and dropped.
    Heard,
}
