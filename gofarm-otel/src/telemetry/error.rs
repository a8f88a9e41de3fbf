//! Why telemetry did not start.

#[cfg(feature = "otlp")]
use core::time::Duration;
use std::io;

use gofarm_core::error::{Classify, Kind};

/// What is wrong with the configuration; a receiver that is away is not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no tokio runtime to run in.
    #[error("telemetry starts inside a tokio runtime, and there is none")]
    NoRuntime,
    /// The receiver's address, a header or a certificate is not one.
    #[cfg(feature = "otlp")]
    #[error("the receiver of OTLP is not usable: {0}")]
    Otlp(#[from] crate::otlp::ConfigError),
    /// Metrics were to be sent more than once a second, or less than once a day.
    #[cfg(feature = "otlp")]
    #[error("a metrics interval of {} s is outside 1..=86400 s", .0.as_secs_f64())]
    MetricsInterval(Duration),
    /// The spool's directory cannot be opened or written.
    #[error("the spool at {path} cannot be opened")]
    Spool {
        /// The directory.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The system gives no thread for the spool.
    #[error("no thread for the spool")]
    Thread(#[source] io::Error),
    /// There is a spool, and nobody to send it to.
    #[error("a spool needs a receiver: say where with otlp()")]
    SpoolAlone,
    /// The endpoint for scrapes cannot listen.
    #[error("the endpoint for Prometheus cannot listen at {address}")]
    Prometheus {
        /// The address that was asked for.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The device's name is not one.
    #[error("device id: {0}")]
    Device(#[from] gofarm_core::device::DeviceIdError),
}

impl Classify for StartError {
    fn kind(&self) -> Kind {
        match self {
            Self::Spool { .. } | Self::Thread(_) | Self::Prometheus { .. } => Kind::Permanent,
            _ => Kind::Invalid,
        }
    }
}
