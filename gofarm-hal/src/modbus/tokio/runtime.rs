//! tokio's streams and time, as the drivers ask for them.

use std::io;

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ::tokio::time;
use embedded_hal_async::delay::DelayNs;
use gofarm_core::time::{Clock, Instant};

/// A stream of tokio as one of `embedded-io-async`.
#[derive(Debug)]
pub struct TokioStream<S>(S);

impl<S> TokioStream<S> {
    /// The same stream.
    pub const fn new(stream: S) -> Self {
        Self(stream)
    }

    /// The stream of tokio.
    pub const fn get_ref(&self) -> &S {
        &self.0
    }

    /// The stream of tokio, given back.
    pub fn into_inner(self) -> S {
        self.0
    }
}

impl<S> embedded_io_async::ErrorType for TokioStream<S> {
    type Error = io::Error;
}

impl<S: AsyncRead + Unpin> embedded_io_async::Read for TokioStream<S> {
    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).await
    }
}

impl<S: AsyncWrite + Unpin> embedded_io_async::Write for TokioStream<S> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }
}

/// tokio's time as a delay; in steps of a millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioDelay;

impl DelayNs for TokioDelay {
    async fn delay_ns(&mut self, ns: u32) {
        time::sleep(core::time::Duration::from_nanos(ns.into())).await;
    }

    async fn delay_us(&mut self, us: u32) {
        time::sleep(core::time::Duration::from_micros(us.into())).await;
    }
}

/// tokio's time as a clock: it stands still where a test has paused that.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock(time::Instant);

impl TokioClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self(time::Instant::now())
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        Instant::ZERO + self.0.elapsed()
    }
}
