//! The Layers for gRPC: [`GrpcServerLayer`] and [`GrpcClientLayer`].

use alloc::sync::Arc;
use core::fmt;
use core::net::SocketAddr;

use tower_layer::Layer;

use super::incoming::Incoming;
use super::pipeline::Pipeline;
use super::role::Role;
use super::streamed::Streamed;
use super::terms::Terms;

/// Traces and times the calls that a gRPC server answers.
///
/// A call ends with the `grpc-status` of its trailers, or of its head if there is no body. It failed if the code says
/// that the server did (`UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`); of these
/// all but `UNIMPLEMENTED` are kept late. The durations are `rpc.server.call.duration`. A method is told apart once
/// it was answered by something else than `UNIMPLEMENTED`, so what strangers make up shares one series.
#[derive(Clone)]
pub struct GrpcServerLayer {
    terms: Terms,
}

/// Traces and times the calls of a gRPC client, and tells the server which trace they belong to.
///
/// A call failed if its code is not `OK`. The durations are `rpc.client.call.duration`, with method, code and server.
///
/// ```
/// # use gofarm_otel::batch::Kind;
/// # use gofarm_otel::clock::Clock;
/// # use gofarm_otel::instrument::Registry;
/// # use gofarm_otel::layer::Pipeline;
/// # use gofarm_otel::queue::Queue;
/// # use gofarm_otel::resource::Resource;
/// # use gofarm_otel::sampler::Sampler;
/// # use gofarm_otel::tracer::TracerProvider;
/// # let sampler = Sampler::always_on();
/// # let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
/// # let tracers = TracerProvider::new(sampler.clone(), queue.clone(), Clock::system());
/// # let pipeline = Pipeline::new(&tracers, sampler, Registry::new());
/// use gofarm_otel::layer::{GrpcClientLayer, GrpcServerLayer};
///
/// // For the channel and for the router of tonic, or of anything else that speaks gRPC by `http` types.
/// let (outgoing, incoming) = (GrpcClientLayer::new(&pipeline), GrpcServerLayer::new(&pipeline));
/// # let _ = (outgoing, incoming);
/// ```
#[derive(Clone)]
pub struct GrpcClientLayer {
    terms: Terms,
}

impl GrpcServerLayer {
    /// Reports to `pipeline`.
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            terms: Terms::new(Role::GrpcServer, pipeline),
        }
    }

    /// Finds the other end of the connection, which becomes `client.address` and `network.peer.address`.
    #[must_use]
    pub fn peer<F>(mut self, peer: F) -> Self
    where
        F: Fn(Incoming<'_>) -> Option<SocketAddr> + Send + Sync + 'static,
    {
        self.terms.peer = Some(Arc::new(peer));
        self
    }
}

impl GrpcClientLayer {
    /// Reports to `pipeline`.
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            terms: Terms::new(Role::GrpcClient, pipeline),
        }
    }
}

impl<S> Layer<S> for GrpcServerLayer {
    type Service = Streamed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Streamed::new(inner, self.terms.clone())
    }
}

impl<S> Layer<S> for GrpcClientLayer {
    type Service = Streamed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Streamed::new(inner, self.terms.clone())
    }
}

impl fmt::Debug for GrpcServerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcServerLayer").finish_non_exhaustive()
    }
}

impl fmt::Debug for GrpcClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcClientLayer").finish_non_exhaustive()
    }
}
