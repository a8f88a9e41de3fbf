//! OTLP to a receiver: clients for HTTP and gRPC, and the [`Worker`] that drives an exporter.
//!
//! The usual client brings a stack of 94 crates for what is one POST request on one connection. Here it is hyper on
//! a socket: HTTP/1.1 with `application/x-protobuf`, or with feature `grpc` a unary call over HTTP/2 whose five bytes of
//! framing are written by hand. One connection is kept open and used again; each request has a deadline and each
//! response a bound. No request is compressed, no proxy asked, no redirect followed.
//!
//! Sources: OTLP specification 1.10; gRPC over HTTP/2.

mod client;
mod config;
mod connection;
mod endpoint;
mod error;
#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod response;
#[cfg(feature = "tls")]
mod tls;
mod worker;

pub use client::{Client, OtlpClient};
pub use config::{OtlpConfig, Protocol};
pub use endpoint::Endpoint;
pub use error::ConfigError;
#[cfg(feature = "tls")]
pub use tls::Tls;
pub use worker::{Handle, Worker};
