//! Why a connection to a broker ended: [`Fault`].

use std::io;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::link::LinkEvent;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, DisconnectReasonCode};
use tokio_rustls::rustls;

/// Why a connection to a broker, or a try of one, ended.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_crdt::driver::mqtt::Fault;
///
/// assert_eq!(Fault::Certificate.kind(), Kind::Permanent); // a person must look
/// assert_eq!(Fault::Closed.kind(), Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The system says so: no route, nobody listens, reset.
    #[error("connection failed: {0}")]
    Io(io::ErrorKind),
    /// The broker's certificate is not of the configured authority, not for this host or out of date. A device
    /// whose wall clock is wrong sees this too.
    #[error("the broker's certificate was not accepted")]
    Certificate,
    /// TLS failed otherwise: the broker wants a certificate, or does not speak TLS 1.3.
    #[error("the TLS handshake failed")]
    Tls,
    /// The broker does not know this client, or its password.
    #[error("the broker did not accept the login")]
    NotAuthorised,
    /// The broker has too much to do or is about to stop.
    #[error("the broker is busy")]
    Busy,
    /// The broker refused for another reason.
    #[error("the broker refused the connection")]
    Refused,
    /// Another client has connected with this replica's name.
    #[error("another client took over the connection")]
    TakenOver,
    /// This client may not read the topics to it.
    #[error("the broker did not accept the subscription")]
    NotSubscribed,
    /// The broker accepts packets only up to `limit` bytes; the largest frame needs more.
    #[error("the broker accepts packets of {limit} bytes, {needed} are needed")]
    PacketSize {
        /// What it accepts, in bytes.
        limit: u32,
        /// What is needed, in bytes.
        needed: u32,
    },
    /// What came was not MQTT 5 as it was expected.
    #[error("the broker broke the protocol")]
    Protocol,
    /// The broker closed the connection.
    #[error("the broker closed the connection")]
    Closed,
    /// There was no sign of life for too long.
    #[error("no answer")]
    Silent,
}

impl Fault {
    /// What the link is told.
    pub(super) const fn event(self) -> LinkEvent {
        match self {
            Self::Certificate | Self::NotAuthorised | Self::Refused => LinkEvent::Refused,
            Self::NotSubscribed | Self::PacketSize { .. } => LinkEvent::Refused,
            Self::Busy => LinkEvent::ServerBusy { retry_after: None },
            Self::TakenOver => LinkEvent::SessionTakenOver,
            Self::Io(_) | Self::Tls | Self::Protocol | Self::Closed => LinkEvent::TransportFailed,
            Self::Silent => LinkEvent::HeartbeatLost,
        }
    }

    pub(super) fn of_connack(code: ConnectReturnCode) -> Self {
        match code {
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::Banned => Self::NotAuthorised,
            ConnectReturnCode::ServerUnavailable
            | ConnectReturnCode::ServiceUnavailable
            | ConnectReturnCode::ServerBusy
            | ConnectReturnCode::QuotaExceeded
            | ConnectReturnCode::ConnectionRateExceeded => Self::Busy,
            _ => Self::Refused,
        }
    }

    pub(super) fn of_disconnect(code: DisconnectReasonCode) -> Self {
        match code {
            DisconnectReasonCode::SessionTakenOver => Self::TakenOver,
            DisconnectReasonCode::ServerBusy => Self::Busy,
            DisconnectReasonCode::NotAuthorized => Self::NotAuthorised,
            _ => Self::Closed,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(rustls::Error::InvalidCertificate(_)) => Self::Certificate,
            Some(_) => Self::Tls,
            None => Self::Io(error.kind()),
        }
    }
}

impl Classify for Fault {
    fn kind(&self) -> Kind {
        match self {
            Self::Io(_) | Self::Tls | Self::Closed => Kind::Transient,
            Self::Silent => Kind::TimedOut,
            Self::Busy => Kind::Overloaded,
            Self::Protocol => Kind::Invalid,
            Self::Certificate
            | Self::NotAuthorised
            | Self::Refused
            | Self::TakenOver
            | Self::NotSubscribed
            | Self::PacketSize { .. } => Kind::Permanent,
        }
    }
}
