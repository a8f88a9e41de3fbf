//! The Layer: [`StreamedLayer`].

use core::fmt;

use tower_layer::Layer;

use super::service::Streamed;
use crate::layer::terms::Terms;

/// A [`ServerLayer`](crate::layer::ServerLayer) or a [`ClientLayer`](crate::layer::ClientLayer) whose requests end with
/// the last byte of their answer.
#[derive(Clone)]
pub struct StreamedLayer {
    terms: Terms,
}

impl StreamedLayer {
    pub(in crate::layer) const fn new(terms: Terms) -> Self {
        Self { terms }
    }
}

impl<S> Layer<S> for StreamedLayer {
    type Service = Streamed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Streamed::new(inner, self.terms.clone())
    }
}

impl fmt::Debug for StreamedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedLayer")
            .field("role", &self.terms.role)
            .finish_non_exhaustive()
    }
}
