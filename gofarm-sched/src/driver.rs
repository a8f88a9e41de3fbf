//! Drivers on tokio.
