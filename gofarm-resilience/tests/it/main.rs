//! Behaviour that users rely on, a file for each subject.

extern crate alloc;

#[cfg(feature = "grpc")]
mod dual_stack;
#[cfg(feature = "grpc")]
mod health_service;
#[cfg(feature = "tokio")]
mod pipeline;
