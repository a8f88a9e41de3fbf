//! The services that everything is measured around: they do nothing.

use std::fmt;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use gofarm_core::error::{Classify, Kind};
use tower::Service;

/// Answers at once.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

/// Fails at once.
#[derive(Clone, Copy, Debug)]
pub struct Failing;

/// The failure of a device.
#[derive(Clone, Copy, Debug)]
pub struct NoAnswer;

impl Service<()> for Bare {
    type Response = ();
    type Error = NoAnswer;
    type Future = Ready<Result<(), NoAnswer>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoAnswer>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

impl Service<()> for Failing {
    type Response = ();
    type Error = NoAnswer;
    type Future = Ready<Result<(), NoAnswer>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoAnswer>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Err(NoAnswer))
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the device does not answer")
    }
}

impl std::error::Error for NoAnswer {}

impl Classify for NoAnswer {
    fn kind(&self) -> Kind {
        Kind::TimedOut
    }
}
