//! The first path: [`GrpcPath`].

use alloc::boxed::Box;
use core::error::Error;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use gofarm_core::error::{Classify, Kind};
use http::uri::PathAndQuery;
use http::{Request, Response};
use tonic::Code;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower_service::Service;

use super::{Checked, Connect, ConnectionError, Http2};
use crate::Outcome;

/// Unary gRPC calls: the request's path is the method (`/farm.v1.Control/Beat`), its body one encoded message, its
/// headers the metadata; the answer likewise.
///
/// Its health is what `grpc.health.v1` says of the whole. Streams, compression and generated types are a tonic client's,
/// which takes an [`Http2`] as it is. The future is boxed.
#[derive(Debug)]
pub struct GrpcPath<K> {
    connection: Http2<K>,
}

impl<K: Connect> GrpcPath<K> {
    /// Calls over this connection.
    #[must_use]
    pub const fn new(connection: Http2<K>) -> Self {
        Self { connection }
    }

    async fn call(
        connection: Http2<K>,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, GrpcError> {
        let (parts, message) = request.into_parts();
        let path = match parts.uri.path_and_query() {
            Some(path) => path.clone(),
            None => PathAndQuery::from_static("/"),
        };
        let metadata = MetadataMap::from_headers(parts.headers);
        let request = tonic::Request::from_parts(metadata, Default::default(), message);
        let answer = Grpc::new(connection)
            .unary(request, path, Message)
            .await
            .map_err(GrpcError::new)?;
        let (metadata, message, _) = answer.into_parts();
        let mut response = Response::new(message);
        *response.headers_mut() = metadata.into_headers();
        Ok(response)
    }
}

impl<K: Connect> Service<Request<Bytes>> for GrpcPath<K> {
    type Response = Response<Bytes>;
    type Error = GrpcError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, GrpcError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), GrpcError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(Self::call(self.connection.clone(), request))
    }
}

impl<K: Connect> Checked for GrpcPath<K> {
    async fn check(&mut self) -> Outcome {
        let request = HealthCheckRequest {
            service: Default::default(),
        };
        let answer = HealthClient::new(self.connection.clone())
            .check(request)
            .await;
        match answer {
            Ok(answer) if answer.get_ref().status() == ServingStatus::Serving => Outcome::Success,
            _ => Outcome::Failure,
        }
    }

    async fn lost(&mut self) {
        self.connection.lost().await;
    }
}

impl<K> Clone for GrpcPath<K> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
        }
    }
}

/// A gRPC call without an answer, or with a refusal.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrpcError {
    /// There was no connection, or it was lost.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The other side ended the call with this status.
    #[error("gRPC status {:?}: {}", .0.code(), .0.message())]
    Status(tonic::Status),
}

impl GrpcError {
    fn new(status: tonic::Status) -> Self {
        let mut source: Option<&(dyn Error + 'static)> = status.source();
        while let Some(error) = source {
            if let Some(error) = error.downcast_ref::<ConnectionError>() {
                return Self::Connection(*error);
            }
            source = error.source();
        }
        Self::Status(status)
    }
}

impl Classify for GrpcError {
    fn kind(&self) -> Kind {
        let status = match self {
            Self::Connection(error) => return error.kind(),
            Self::Status(status) => status,
        };
        match status.code() {
            Code::Unavailable | Code::Aborted => Kind::Transient,
            Code::DeadlineExceeded => Kind::TimedOut,
            Code::ResourceExhausted => Kind::Overloaded,
            Code::Cancelled => Kind::Cancelled,
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unauthenticated => Kind::Invalid,
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
                Kind::Permanent
            }
        }
    }

    /// What `grpc-retry-pushback-ms` of the [retry design](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)
    /// says.
    fn retry_after(&self) -> Option<Duration> {
        let Self::Status(status) = self else {
            return None;
        };
        let millis = status.metadata().get("grpc-retry-pushback-ms")?;
        millis
            .to_str()
            .ok()?
            .parse()
            .ok()
            .map(Duration::from_millis)
    }
}

/// Messages as they are.
#[derive(Clone, Copy, Debug)]
struct Message;

impl Codec for Message {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Message {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Message {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
