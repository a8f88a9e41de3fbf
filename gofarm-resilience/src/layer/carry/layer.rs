//! The Layer: [`CarryLayer`].

use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::service::Carry;
use crate::layer::clock::RuntimeClock;

/// Carries a [`CallContext`](crate::context::CallContext) between the headers of an HTTP request and its extensions.
///
/// [`incoming`](Self::incoming) stands outermost in a server, [`outgoing`](Self::outgoing) innermost in a client.
/// A request whose headers are refused is nobody's: to count the others by their labels, put a
/// [`MeterLayer`](crate::layer::MeterLayer) within. Deadlines are written when the call goes out, so a request that
/// waited is sent with the time that is left.
///
/// ```
/// use gofarm_resilience::context::Contextual;
/// use gofarm_resilience::layer::CarryLayer;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let upstream = service_fn(async |request: http::Request<()>| {
///     Ok::<_, std::io::Error>(request.headers().get("x-tenant-id").cloned())
/// });
/// let client = CarryLayer::outgoing().layer(upstream);
/// // A handler that calls on: it takes the context along.
/// let handler = service_fn(move |incoming: http::Request<()>| {
///     let mut call = http::Request::new(());
///     *call.context_mut() = incoming.context().cloned().unwrap_or_default();
///     client.clone().oneshot(call)
/// });
/// let server = CarryLayer::incoming().layer(handler);
///
/// let request = http::Request::builder().header("x-tenant-id", "coop-7").body(())?;
/// assert_eq!(server.oneshot(request).await?.as_ref().map(|v| v.as_bytes()), Some(&b"coop-7"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CarryLayer<D, C = RuntimeClock> {
    direction: D,
    clock: C,
}

/// From headers to the context, see [`CarryLayer::incoming`].
#[derive(Clone, Copy, Debug)]
pub struct Incoming(());

/// From the context to headers, see [`CarryLayer::outgoing`].
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    pub(super) authorization: bool,
}

impl CarryLayer<Incoming> {
    /// Reads the headers of requests that come in; a request whose headers are
    /// [refused](crate::context::ContextError) does not reach the inner service.
    #[must_use]
    pub const fn incoming() -> Self {
        Self {
            direction: Incoming(()),
            clock: RuntimeClock,
        }
    }
}

impl CarryLayer<Outgoing> {
    /// Writes the headers of requests that go out. `authorization` is not among them.
    #[must_use]
    pub const fn outgoing() -> Self {
        Self {
            direction: Outgoing {
                authorization: false,
            },
            clock: RuntimeClock,
        }
    }

    /// Writes the headers of requests that go out, `authorization` included: for services that may
    /// act in the caller's name, and for no others.
    #[must_use]
    pub const fn outgoing_with_authorization() -> Self {
        Self {
            direction: Outgoing {
                authorization: true,
            },
            clock: RuntimeClock,
        }
    }
}

impl<D, C> CarryLayer<D, C> {
    /// Reads the time from `clock`, the one of the layers that use the deadline.
    pub fn clock<T: Clock>(self, clock: T) -> CarryLayer<D, T> {
        CarryLayer {
            direction: self.direction,
            clock,
        }
    }
}

impl<S, D: Clone, C: Clone> Layer<S> for CarryLayer<D, C> {
    type Service = Carry<S, D, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Carry::new(inner, self.direction.clone(), self.clock.clone())
    }
}
