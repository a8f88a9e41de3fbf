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
///
/// A span is a child of the request that the caller works for, and failed if the status is 400 or above or the service gave
/// an error; only errors and statuses from 500 on are kept late. The durations are `http.client.request.duration`, with
/// method, server, port, status and kind of error. The value of `traceparent` is one allocation; what a map of headers
/// needs to grow by one comes on top.
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
/// use gofarm_otel::layer::ClientLayer;
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let connection = service_fn(async |request: Request<()>| {
///     assert!(request.headers().contains_key("traceparent"));
///     Ok::<_, std::io::Error>(Response::new(()))
/// });
/// let client = ClientLayer::new(&pipeline).layer(connection);
/// client.oneshot(Request::get("http://storage:9000/plots").body(())?).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Finds the template that the path of a request was made from, of low cardinality; it names the span.
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
