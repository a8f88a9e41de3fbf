//! Two ways to the other side, gRPC first and plain HTTP/2 behind it, and when to change between them.
//!
//! A farm's uplink loses gRPC more often than it loses HTTP: a proxy that drops trailers, a server whose gRPC listener
//! is being restarted, a route that dies for one address only. A client that waits for its first path is mute for as
//! long; one that jumps at each failure flaps between two paths all day. So the choice is a machine of its own with
//! figures that can be tested: a path is *down* after 2 failed health checks in a row or 3 s without an answer, the
//! second path is kept warm so that taking it needs no handshake, and the first is taken again only after it has
//! proven itself, for longer each time it is lost again soon.
//!
//! [`PathSelector`] is that machine, `no_std` and without I/O. `DualStack` (feature `tokio`) drives it for two tower
//! services; with feature `grpc` these are `GrpcPath` (tonic) and `HttpPath` (hyper), both over TLS 1.3. Switches are told
//! as the signals of [`INSTRUMENTS`]: by `Supervisor::observe`, or by [`observe`] where you drive the machine yourself.
//!
//! What it does not do: it carries a call on one path, never on both at once, and never repeats one. A call that was
//! under way when its path was given up ends with an error that says that its effect is unknown; whether it may be
//! repeated is the caller's to know (a heartbeat may).

#![cfg_attr(
    feature = "tokio",
    doc = r#"
```
use core::convert::Infallible;
use gofarm_resilience::Outcome;
use gofarm_resilience::dual_stack::{Checked, DualStack, Path, SelectorConfig, Traffic};
use http::{Request, Response};
use tower::{Service, ServiceExt};

/// Stands for `GrpcPath` and `HttpPath`: answers with its name.
#[derive(Clone)]
struct Named(&'static str, Outcome);

impl Service<Request<()>> for Named {
    type Response = Response<&'static str>;
    type Error = Infallible;
    type Future = core::future::Ready<Result<Response<&'static str>, Infallible>>;

    fn poll_ready(&mut self, _: &mut core::task::Context<'_>) -> core::task::Poll<Result<(), Infallible>> {
        core::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        core::future::ready(Ok(Response::new(self.0)))
    }
}

impl Checked for Named {
    async fn check(&mut self) -> Outcome {
        self.1
    }
}

# let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
# runtime.block_on(async {
let grpc = Named("gRPC", Outcome::Failure);
let http = Named("HTTP/2", Outcome::Success);
let (mut service, supervisor) = DualStack::new(grpc, http, SelectorConfig::DEFAULT);
tokio::spawn(supervisor.run());

assert_eq!(service.changed().await, Path::Second); // after two failed checks
let mut beat = Request::get("/farm.v1.Control/Beat").body(())?;
beat.extensions_mut().insert(Traffic::Heartbeat);
assert_eq!(*service.ready().await?.call(beat).await?.body(), "HTTP/2");
// Payload waits for the first path.
let photo = Request::get("/farm.v1.Control/Photo").body(())?;
assert!(service.ready().await?.call(photo).await.is_err());
# Ok::<(), Box<dyn std::error::Error>>(())
# })?;
# Ok::<(), Box<dyn std::error::Error>>(())
```
"#
)]

mod config;
#[cfg(feature = "grpc")]
mod connect;
#[cfg(feature = "tokio")]
mod error;
#[cfg(feature = "tokio")]
mod future;
#[cfg(feature = "grpc")]
mod grpc_path;
#[cfg(feature = "grpc")]
mod http2;
#[cfg(feature = "grpc")]
mod http_path;
mod path;
mod selector;
#[cfg(feature = "tokio")]
mod service;
mod signal;
#[cfg(feature = "tokio")]
mod supervisor;
#[cfg(feature = "grpc")]
mod tls;
mod traffic;

pub use config::{SelectorConfig, SelectorConfigBuilder};
#[cfg(feature = "grpc")]
pub use connect::{Connect, ConnectError, Endpoint, EndpointError, secure};
#[cfg(feature = "tokio")]
pub use error::DualStackError;
#[cfg(feature = "tokio")]
pub use future::DualFuture;
#[cfg(feature = "grpc")]
pub use grpc_path::{GrpcError, GrpcPath};
#[cfg(feature = "grpc")]
pub use http_path::{HttpError, HttpPath};
#[cfg(feature = "grpc")]
pub use http2::{AnswerBody, ConnectionError, Http2};
pub use path::{Check, Path};
pub use selector::{PathAction, PathEvent, PathSelector, Switch, SwitchReason};
#[cfg(feature = "tokio")]
pub use service::{Checked, DualStack};
pub use signal::{INSTRUMENTS, observe, observe_time};
#[cfg(feature = "tokio")]
pub use supervisor::Supervisor;
#[cfg(feature = "grpc")]
pub use tls::{Tls, TlsError};
pub use traffic::{Carried, Traffic};
