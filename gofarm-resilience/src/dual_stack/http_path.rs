//! The second path: [`HttpPath`].

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;
use gofarm_core::error::{Classify, Kind};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full, Limited};
use tonic::body::Body;
use tower_service::Service;

use super::{Checked, Connect, ConnectionError, Http2};
use crate::Outcome;

/// The largest answer that is read: what tonic takes from a gRPC server, too.
const MOST: usize = 4 << 20;

/// The calls of a [`GrpcPath`](super::GrpcPath) as plain HTTP/2: `POST` of the message to the method's path, the
/// metadata as headers. No framing and no trailers, so it passes proxies that gRPC does not.
///
/// The shape is that of [Connect's unary calls](https://connectrpc.com/docs/protocol#unary-request)
/// (`application/proto` unless the request says otherwise), without their error bodies: an answer other than 2xx is
/// [`HttpError::Status`]. Its health is `GET /readyz`. The future is boxed.
#[derive(Debug)]
pub struct HttpPath<K> {
    connection: Http2<K>,
}

impl<K: Connect> HttpPath<K> {
    /// Calls over this connection.
    #[must_use]
    pub const fn new(connection: Http2<K>) -> Self {
        Self { connection }
    }

    async fn call(
        mut connection: Http2<K>,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, HttpError> {
        let mut request = request.map(|message| Body::new(Full::new(message)));
        *request.method_mut() = Method::POST;
        let plain = HeaderValue::from_static("application/proto");
        let headers = request.headers_mut();
        headers.entry(CONTENT_TYPE).or_insert(plain);
        let answer = connection
            .call(request)
            .await
            .map_err(HttpError::Connection)?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST).collect().await.map_err(|error| {
            let lost = error.downcast_ref::<ConnectionError>();
            lost.map_or(HttpError::TooLarge, |error| HttpError::Connection(*error))
        })?;
        if parts.status.is_success() {
            return Ok(Response::from_parts(parts, body.to_bytes()));
        }
        Err(HttpError::Status {
            status: parts.status,
            retry_after: retry_after(&parts.headers),
        })
    }
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3); its other form, a date, needs a clock that is right.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl<K: Connect> Service<Request<Bytes>> for HttpPath<K> {
    type Response = Response<Bytes>;
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(Self::call(self.connection.clone(), request))
    }
}

impl<K: Connect> Checked for HttpPath<K> {
    async fn check(&mut self) -> Outcome {
        let mut request = Request::new(Body::new(Empty::<Bytes>::new()));
        *request.uri_mut() = http::Uri::from_static("/readyz");
        match self.connection.clone().call(request).await {
            Ok(answer) if answer.status() == StatusCode::OK => Outcome::Success,
            _ => Outcome::Failure,
        }
    }

    async fn lost(&mut self) {
        self.connection.lost().await;
    }
}

impl<K> Clone for HttpPath<K> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
        }
    }
}

/// An HTTP call without an answer, or with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// There was no connection, or it was lost.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The other side answered with this status, which is not 2xx.
    #[error("HTTP status {}", status.as_u16())]
    Status {
        /// The status.
        status: StatusCode,
        /// What `Retry-After` said, if it gave seconds.
        retry_after: Option<Duration>,
    },
    /// The answer had more than 4 MiB.
    #[error("the answer is larger than 4 MiB")]
    TooLarge,
}

impl Classify for HttpError {
    fn kind(&self) -> Kind {
        match self {
            Self::Connection(error) => error.kind(),
            Self::TooLarge => Kind::Permanent,
            Self::Status { status, .. } => match status.as_u16() {
                408 | 504 => Kind::TimedOut,
                429 | 503 => Kind::Overloaded,
                502 => Kind::Transient,
                400..=499 => Kind::Invalid,
                _ => Kind::Permanent,
            },
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
