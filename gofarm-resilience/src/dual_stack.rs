//! Two ways to the other side, gRPC first and plain HTTP/2 behind it, and when to change between them.
//!
//! A farm's uplink loses gRPC more often than it loses HTTP: a proxy that drops trailers, a server whose gRPC listener
//! is being restarted, a route that dies for one address only. A client that waits for its first path is mute for as
//! long; one that jumps at each failure flaps between two paths all day. So the choice is a machine of its own with
//! figures that can be tested: a path is *down* after 2 failed health checks in a row or 3 s without an answer, the
//! second path is kept warm so that taking it needs no handshake, and the first is taken again only after it has
//! proven itself, for longer each time it is lost again soon.
//!
//! [`PathSelector`] is that machine, `no_std` and without I/O. `DualStack` (feature `grpc`) drives it for two services.
//!
//! What it does not do: it carries a call on one path, never on both at once, and never repeats one. A call that was
//! under way when its path was given up ends with an error that says that its effect is unknown; whether it may be
//! repeated is the caller's to know (a heartbeat may).

mod config;
mod path;
mod selector;

pub use config::{SelectorConfig, SelectorConfigBuilder};
pub use path::{Check, Path};
pub use selector::{PathAction, PathEvent, PathSelector, Switch, SwitchReason};
