//! Behaviour that users rely on, a file for each subject.

#[cfg(feature = "tokio")]
mod breaker_layer;
#[cfg(feature = "tokio")]
mod carry;
#[cfg(feature = "tokio")]
mod chaos;
#[cfg(feature = "tokio")]
mod contract;
#[cfg(feature = "tokio")]
mod deadline;
#[cfg(feature = "tokio")]
mod field;
#[cfg(feature = "tokio")]
mod retry;
