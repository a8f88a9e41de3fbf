//! What a server is told about its line.

use core::time::Duration;

use crate::modbus::{RtuConfig, Unit};

/// The unit of a server on a serial line, and its times.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::modbus::{RtuServerConfig, Unit};
///
/// const CONFIG: RtuServerConfig = RtuServerConfig::new(Unit(17), 19_200).response_delay(millis(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct RtuServerConfig {
    pub(super) unit: Unit,
    pub(super) silence: Duration,
    pub(super) response_delay: Duration,
}

impl RtuServerConfig {
    /// A server that is `unit` on a line of `baud_rate` bits per second; a unit of 0 only ever hears broadcasts.
    ///
    /// It answers after a silence of 3.5 characters, or 1.75 ms above 19 200 bit/s (Modbus over Serial Line 1.02,
    /// section 2.5.1.1).
    pub const fn new(unit: Unit, baud_rate: u32) -> Self {
        let silence = RtuConfig::new(baud_rate).silence_time();
        Self {
            unit,
            silence,
            response_delay: silence,
        }
    }

    /// How long the line must be silent after a request before it is answered: longer for a client that is slow to
    /// turn its transceiver round.
    pub const fn response_delay(mut self, delay: Duration) -> Self {
        self.response_delay = delay;
        self
    }

    /// How long a line must be silent for a frame to be over, when one is looked for behind garbage.
    pub const fn silence(mut self, time: Duration) -> Self {
        self.silence = time;
        self
    }
}

/// The unit of a server on a stream.
///
/// ```
/// use gofarm_hal::modbus::{TcpServerConfig, Unit};
///
/// const ANY: TcpServerConfig = TcpServerConfig::new();
/// const ONE: TcpServerConfig = TcpServerConfig::new().unit(Unit(3));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct TcpServerConfig {
    pub(super) unit: Option<Unit>,
}

impl TcpServerConfig {
    /// A server that answers for any unit: the address of the host says who is meant.
    pub const fn new() -> Self {
        Self { unit: None }
    }

    /// Answers for `unit` alone, as the only device behind a gateway: what is for another is passed over in silence.
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }
}
