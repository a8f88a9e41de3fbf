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
#[derive(Clone)]
pub struct GrpcServerLayer {
    terms: Terms,
}

/// Traces and times the calls of a gRPC client, and tells the server which trace they belong to.
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

    /// Finds the other end of the connection.
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
