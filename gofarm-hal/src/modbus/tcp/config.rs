//! [`TcpConfig`]: the times of a stream.

use core::time::Duration;

use gofarm_core::time::{millis, secs};

/// The times of a stream, for a client.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_hal::modbus::TcpConfig;
///
/// const CONFIG: TcpConfig = TcpConfig::new().response_timeout(secs(3)); // a gateway with a slow line behind it
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing by itself"]
pub struct TcpConfig {
    pub(super) response_timeout: Duration,
    pub(super) poll_interval: Duration,
}

impl TcpConfig {
    /// A second for an answer, polled each millisecond.
    pub const fn new() -> Self {
        Self {
            response_timeout: secs(1),
            poll_interval: millis(1),
        }
    }

    /// How long an answer may take; also how long the stream may take to accept a request.
    pub const fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// How often a polled driver is told to look for bytes.
    pub const fn poll_interval(mut self, time: Duration) -> Self {
        self.poll_interval = time;
        self
    }
}

impl Default for TcpConfig {
    fn default() -> Self {
        Self::new()
    }
}
