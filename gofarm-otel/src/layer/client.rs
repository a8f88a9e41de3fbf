//! The Layer for clients: [`ClientLayer`].

use alloc::sync::Arc;
use core::fmt;

use tower_layer::Layer;

use super::incoming::Incoming;
use super::pipeline::Pipeline;
use super::role::Role;
use super::streamed::StreamedLayer;
use super::terms::Terms;
use super::traced::Traced;

/// Traces and times the requests of an HTTP client, and tells the server which trace they belong to.
#[derive(Clone)]
pub struct ClientLayer {
    terms: Terms,
}

impl ClientLayer {
    /// Reports to `pipeline`.
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            terms: Terms::new(Role::HttpClient, pipeline),
        }
    }

    /// Finds the template that the path of a request was made from; it names the span.
    #[must_use]
    pub fn template<F>(mut self, template: F) -> Self
    where
        F: for<'a> Fn(Incoming<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.terms.route = Some(Arc::new(template));
        self
    }

    /// Lets a request end with the last byte of its answer, not with the head.
    #[must_use]
    pub fn until_body_end(self) -> StreamedLayer {
        StreamedLayer::new(self.terms)
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Traced::new(inner, self.terms.clone())
    }
}

impl fmt::Debug for ClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLayer").finish_non_exhaustive()
    }
}
