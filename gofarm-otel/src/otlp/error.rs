//! Why a client cannot be made: [`ConfigError`].

use alloc::string::String;

use gofarm_core::error::{Classify, Kind};

/// Why a client cannot be made; nothing was sent yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is not `http://host:port/path` or `https://host:port/path`.
    #[error("{endpoint:?} is not an endpoint as http://host:4318")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// It is `https://`, and the feature `tls` is off.
    #[error("{host} is to be reached by https, which needs the feature tls")]
    NeedsTls {
        /// The host.
        host: String,
    },
    /// It is `https://`, and the certificates to trust cannot be read.
    #[error("no certificate to trust: {cause}")]
    Certificates {
        /// What went wrong.
        cause: String,
    },
    /// A header that HTTP does not allow.
    #[error("the header {name:?} or its value is not allowed in HTTP")]
    Header {
        /// Its name.
        name: String,
    },
    /// The protocol is unknown, or the feature `grpc` is off.
    #[error("the protocol {protocol:?} is not to be had")]
    Protocol {
        /// What was given.
        protocol: String,
    },
    /// A number that is none.
    #[error("{value:?} is not a time-out in milliseconds")]
    Timeout {
        /// What was given.
        value: String,
    },
}

impl Classify for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
