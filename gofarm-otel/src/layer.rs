//! Layers: requests and calls as spans and durations, for tower stacks.
//!
//! A layer that collects what it may say about a request and then asks the sampler pays the whole price for the
//! ninety-nine requests in a hundred that nobody wants. Here the order is the other way round:
//!
//! 1. the headers about the trace are read, in one pass and within fixed bounds;
//! 2. the sampler is asked;
//! 3. only if it wants the request its attributes are written, straight into the bytes that are exported.
//!
//! A request that is sampled out allocates nothing; its duration goes to a histogram that its route holds. What its
//! span would have said is copied beforehand, cut at fixed lengths (144 bytes of the target, 56 of the host
//! and of the user agent), and becomes a span if the request fails and the sampler's
//! [budget](crate::sampler::LateKeep) has room. One that is sampled in costs two allocations, both of the API's context.
//! What is known of a request has some 600 bytes on the heap that the next one of the thread uses again. A thread keeps 128
//! of them: where the requests under way grow by more, or all end on other threads than they begin on, each is one
//! allocation more.
//! `cargo bench -p gofarm-otel --features std,tower --bench layers` prints the times.
//!
//! What belongs to a request goes on in its [`Scope`], recorded or not: calls through a [`ClientLayer`] take along
//! `traceparent`, `tracestate` and `baggage`. A task that a handler spawns is outside, unless it is given the scope.
//!
//! | | |
//! |---|---|
//! | [`ServerLayer`], [`ClientLayer`] | HTTP; a request ends with the head of its answer, or [with its last byte](ServerLayer::until_body_end) |
//! | [`GrpcServerLayer`], [`GrpcClientLayer`] | gRPC; a call ends with its trailers |
//! | [`Database`] | calls to a database, whatever its driver |
//!
//! Not done here: the baggage of the OpenTelemetry API is neither filled nor sent, the header is handed on as it came
//! (the first one, if there are several). `x-forwarded-for` and `forwarded` are not believed. The sizes of bodies are not
//! measured.

mod active;
mod address;
mod captured;
mod client;
mod code;
mod database;
mod description;
mod ending;
mod exchange;
mod grpc;
mod incoming;
mod inline;
mod labels;
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
pub use database::{Database, DatabaseFuture, Query};
pub use grpc::{GrpcClientLayer, GrpcServerLayer};
pub use incoming::Incoming;
pub use pipeline::Pipeline;
pub use role::INSTRUMENTS;
pub use scope::{Entered, InScope, Scope};
pub use server::ServerLayer;
pub use streamed::{Streamed, StreamedBody, StreamedFuture, StreamedLayer};
pub use traced::{Traced, TracedFuture};
