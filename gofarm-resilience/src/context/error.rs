//! Why the headers of a request are refused: [`ContextError`].

use gofarm_core::error::{Classify, Kind};

use super::RequestIdError;
use crate::deadline::GrpcTimeoutError;
use crate::label::LabelError;

/// A header of a request that is not what it has to be.
///
/// The caller is at fault: a server answers 400, or `INVALID_ARGUMENT`.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::context::CallContext;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("grpc-timeout", "2s".parse()?);
/// let error = CallContext::from_headers(&headers, Instant::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "grpc-timeout: a grpc-timeout has a wrong character at byte 1");
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// A header that may occur once occurs more than once.
    #[error("{header}: occurs more than once")]
    Repeated {
        /// The header's name.
        header: &'static str,
    },
    /// A header that is longer than what is carried.
    #[error("{header}: {len} bytes are more than {max}")]
    TooLong {
        /// The header's name.
        header: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The most that is carried, in bytes.
        max: usize,
    },
    /// A header with bytes that are not visible ASCII.
    #[error("{header}: is not visible ASCII")]
    NotText {
        /// The header's name.
        header: &'static str,
    },
    /// The header `x-region` is not a label.
    #[error("x-region: {0}")]
    Region(LabelError),
    /// The header `x-tenant-id` is not a label.
    #[error("x-tenant-id: {0}")]
    Tenant(LabelError),
    /// The header `x-request-id` is not an id.
    #[error("x-request-id: {0}")]
    RequestId(RequestIdError),
    /// The header `grpc-timeout` is not a time-out.
    #[error("grpc-timeout: {0}")]
    Timeout(GrpcTimeoutError),
}

impl Classify for ContextError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
