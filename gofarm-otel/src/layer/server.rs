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
///
/// A span is named by method and [route](Self::route), and failed if the status is 500 or above, the service gave
/// an error, or the request was given up. The durations are `http.server.request.duration`, with method, route, scheme,
/// status and kind of error; the first 512 routes are told apart, the others share a series.
///
/// `http.server.active_requests` says how many requests are under way, by method and scheme: from the call until the
/// request counts as ended, which is also when its future is dropped. It costs two relaxed atomic additions, some 6 ns, and
/// threads that serve the same method share what they add to.
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
/// use gofarm_otel::layer::{Incoming, ServerLayer};
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// // A router leaves its template in the extensions; axum's is `MatchedPath`.
/// #[derive(Clone)]
/// struct Template(&'static str);
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let layer = ServerLayer::new(&pipeline)
///     .route(|request: Incoming<'_>| request.extensions().get::<Template>().map(|template| template.0));
/// let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new(()))));
///
/// let request = Request::get("/plots/7").extension(Template("/plots/{plot}")).body(())?;
/// service.oneshot(request).await?;
/// assert_eq!(queue.take(1 << 20).map(|batch| batch.items), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Finds the template of a request, of low cardinality: it names the span and is the label of the durations.
    ///
    /// In axum: `|request| request.extensions().get::<MatchedPath>().map(MatchedPath::as_str)`. Without it spans are
    /// named by the method alone. Never the path: each would be a route.
    #[must_use]
    pub fn route<F>(mut self, route: F) -> Self
    where
        F: for<'a> Fn(Incoming<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.terms.route = Some(Arc::new(route));
        self
    }

    /// Finds the other end of the connection, which becomes `client.address` and `network.peer.address`.
    ///
    /// Behind a proxy that is the proxy.
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
        self.terms = self.terms.with_scheme(scheme);
        self
    }

    /// Lets a request end with the last byte of its answer, not with the head; the body is wrapped for it.
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
