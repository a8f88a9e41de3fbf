//! Layers: requests and calls as spans and durations.

mod address;
mod captured;
mod client;
mod code;
mod description;
mod ending;
mod exchange;
mod grpc;
mod incoming;
mod inline;
mod list;
mod method;
mod picked;
mod pipeline;
mod redacted;
mod role;
mod rows;
mod scheme;
mod scope;
mod server;
mod share;
mod streamed;
mod terms;
mod traced;

pub use client::ClientLayer;
pub use grpc::{GrpcClientLayer, GrpcServerLayer};
pub use incoming::Incoming;
pub use pipeline::Pipeline;
pub use scope::{Entered, InScope, Scope};
pub use server::ServerLayer;
pub use streamed::{Streamed, StreamedBody, StreamedFuture, StreamedLayer};
pub use traced::{Traced, TracedFuture};
