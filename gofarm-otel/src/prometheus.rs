//! The endpoint that Prometheus scrapes: [`Endpoint`].
//!
//! It answers `GET /metrics` in the text format 0.0.4 or, to a server that asks for it, in OpenMetrics 1.0 with exemplars,
//! and nothing else: no TLS, no authentication, no other path. Bind it to loopback or to the network of the
//! monitoring, or hang [`respond`] into the HTTP server that the service has anyway.
//!
//! A scrape copies the registry and writes it out on the thread that serves it; its cost grows with the number of
//! series, not with traffic. At most [`Endpoint::CONNECTIONS`] are served at once, and one that does not send its
//! request within five seconds is closed, so that a forgotten or hostile client costs a bounded amount.
//!
//! ```
//! use gofarm_core::observe::Instrument;
//! use gofarm_otel::instrument::Registry;
//! use gofarm_otel::prometheus::respond;
//! use gofarm_otel::resource::Resource;
//!
//! static OPENED: Instrument = Instrument::counter("farm.valve.opened", "{opening}", "Openings of valves");
//!
//! let registry = Registry::new();
//! registry.counter(&OPENED, &[]).add(3);
//! let request = http::Request::get("/metrics").body(())?;
//! let page = respond(&request, &registry, &Resource::new("gateway"));
//! assert!(page.body().contains("farm_valve_opened_total 3"));
//! # Ok::<(), http::Error>(())
//! ```

use alloc::sync::Arc;
use core::convert::Infallible;
use core::future::Future;
use core::net::SocketAddr;
use core::pin::pin;
use core::time::Duration;
use std::io;
use std::net::{TcpListener, ToSocketAddrs};

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::exposition::{Format, write};
use crate::instrument::Registry;
use crate::resource::Resource;

/// A listening socket for scrapes.
#[derive(Debug)]
pub struct Endpoint {
    listener: tokio::net::TcpListener,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Metrics {
    registry: Registry,
    resource: Resource,
}

impl Endpoint {
    /// Connections that are served at once; more wait to be accepted.
    pub const CONNECTIONS: usize = 8;

    /// Time in which a client has to send its request.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Listens at `address`, such as `127.0.0.1:9464`; port 0 lets the system choose.
    ///
    /// # Errors
    /// The operating system's: the address is in use, unknown or not ours.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O enabled.
    pub fn bind(
        address: impl ToSocketAddrs,
        registry: Registry,
        resource: Resource,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: tokio::net::TcpListener::from_std(listener)?,
            metrics: Arc::new(Metrics { registry, resource }),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers scrapes until `shutdown` is ready; those under way are finished.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let free = Arc::new(Semaphore::new(Self::CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                let permit = Arc::clone(&free).acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            tokio::select! {
                (permit, accepted) = accepted => {
                    match accepted {
                        Ok((stream, _)) => {
                            let connection = serve_connection(stream, Arc::clone(&self.metrics));
                            connections.spawn(async move {
                                connection.await;
                                drop(permit);
                            });
                        }
                        // Out of descriptors, say: the next accept fails as well until some are free.
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                }
                Some(_) = connections.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        // A scrape is short, and an idle connection has nothing to lose.
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_millis(500), all).await;
    }
}

async fn serve_connection(stream: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let page = respond(&request, &metrics.registry, &metrics.resource);
        async move { Ok::<_, Infallible>(page.map(|text| Full::new(Bytes::from(text)))) }
    });
    // An error is the client's to see: it went away, or did not speak HTTP.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Endpoint::PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers one request: metrics for `GET /metrics`, in the format that its `Accept` asks for; else 404 or 405.
///
/// See the [module](self) for an example.
#[must_use]
pub fn respond<B>(
    request: &Request<B>,
    registry: &Registry,
    resource: &Resource,
) -> Response<String> {
    if request.uri().path() != "/metrics" {
        return with_status(StatusCode::NOT_FOUND, "metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = with_status(StatusCode::METHOD_NOT_ALLOWED, "");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let format = Format::accepted(accept);
    let snapshot = registry.collect(registry.clock().now());
    let mut page = String::new();
    let written = write(&mut page, format, &snapshot, resource);
    debug_assert!(written.is_ok(), "a String takes everything");
    let mut response = Response::new(page);
    let content_type = HeaderValue::from_static(format.content_type());
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn with_status(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    response
}
