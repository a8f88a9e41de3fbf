//! Behaviour that users rely on, a file for each subject.

#[cfg(feature = "tokio")]
mod pipeline;
