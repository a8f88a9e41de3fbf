//! The Layer for servers: [`ServerLayer`].

use alloc::sync::Arc;
use core::fmt;
use core::net::SocketAddr;

use tower_layer::Layer;

use super::incoming::Incoming;
use super::pipeline::Pipeline;
use super::role::Role;
use super::streamed::StreamedLayer;
use super::terms::Terms;
use super::traced::Traced;

/// Traces and times the requests that an HTTP server answers.
#[derive(Clone)]
pub struct ServerLayer {
    terms: Terms,
}

impl ServerLayer {
    /// Reports to `pipeline`.
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            terms: Terms::new(Role::HttpServer, pipeline),
        }
    }

    /// Finds the template of a request: it names the span and is the label of the durations.
    #[must_use]
    pub fn route<F>(mut self, route: F) -> Self
    where
        F: for<'a> Fn(Incoming<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.terms.route = Some(Arc::new(route));
        self
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

    /// Sets the scheme by which the server is reached; `http` if nothing is said.
    #[must_use]
    pub fn scheme(mut self, scheme: &'static str) -> Self {
        self.terms.scheme = scheme;
        self
    }

    /// Lets a request end with the last byte of its answer, not with the head.
    #[must_use]
    pub fn until_body_end(self) -> StreamedLayer {
        StreamedLayer::new(self.terms)
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Traced::new(inner, self.terms.clone())
    }
}

impl fmt::Debug for ServerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer").finish_non_exhaustive()
    }
}
