//! Health told to the outside: `/livez` and `/readyz` over HTTP, `grpc.health.v1` over gRPC.
//!
//! Kubernetes, load balancers and the other end of a [dual stack](crate::dual_stack) ask a process how it is. The usual
//! answer, a handler that checks everything while the caller waits, fails in the moment for which it was written: one
//! check hangs, the probe times out, and a process that only waits for its database is restarted. And a probe anybody can
//! send must not put load on a field bus. So:
//!
//! - What is asked is the [`Registry`](crate::policy::health::Registry), which follows the calls that go on anyway.
//! - A component may have an active check on top. It is run by a probe, once however many probes ask at the same time
//!   and at most once a second, and it is cancelled after 400 ms and has failed then: `grpc.health.v1` answers within
//!   500 ms and HTTP within 2 s whatever hangs.
//! - `/livez` runs no check at all: it asks for heartbeats. A broken pump is no reason for a restart.
//! - A name that is not registered is `NOT_FOUND`, and a component that was never checked is not `SERVING`.
//!
//! Changes that a probe sees are told as the signals of [`INSTRUMENTS`], see [`Health::observe`].
//!
//! [`Health`] holds the registry and the checks; [`Health::http`] and `Health::grpc` (feature `grpc`) are tower services.

mod check;
#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod signal;
mod text;

pub use self::http::HttpHealth;
pub use check::Health;
#[cfg(feature = "grpc")]
pub use grpc::{GrpcHealth, Watching};
pub use signal::INSTRUMENTS;
pub use text::Text;
