//! Health: what is alive, what is ready, and what works worse than it should.
//!
//! A probe that fails once is not down, and a gateway that answers once is not up: a status that follows each
//! check flaps, and everything that routes by it flaps with it. So a [`Component`] goes down after N failed checks
//! in a row and up after M good ones.
//!
//! Three questions are kept apart, as Kubernetes does, because their answers have different consequences.
//! *Live*: does the process make progress; if not, restart it. *Ready*: does every component that is
//! [needed](Need::Required) work; if not, send calls elsewhere, but do not restart. *Degraded*: it serves, with
//! less: a component that is not needed is down, or one serves stale values.
//!
//! Both are plain values without a network; the HTTP and gRPC services read them.

mod component;
mod config;
#[cfg(feature = "alloc")]
mod registry;
mod status;

pub use component::Component;
#[cfg(target_has_atomic = "64")]
pub use component::SharedComponent;
pub use config::{HealthConfig, Need};
#[cfg(feature = "alloc")]
pub use registry::{Registry, RegistryBuilder, RegistryError};
pub use status::{Report, Status};
