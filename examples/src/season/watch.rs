//! [`Watch`]: telemetry for one run of the season.

use core::future::{Future as _, poll_fn};
use core::net::SocketAddr;
use core::pin::pin;
use core::task::Poll;
use std::io;

use gofarm_core::time::secs;
use gofarm_otel::telemetry::{StartError, Telemetry};
use tokio::runtime::Runtime;

use super::listener::Listener;
use crate::instruments;

/// Why telemetry did not start.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// No thread for it.
    #[error("no thread for telemetry: {0}")]
    Thread(#[from] io::Error),
    /// What was asked for cannot be done.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Telemetry that runs on a thread of its own, beside the season.
#[derive(Debug)]
pub struct Watch {
    runtime: Runtime,
    telemetry: Telemetry,
}

impl Watch {
    /// Starts what was asked for; `None` if nothing was.
    ///
    /// # Errors
    /// [`WatchError`]; a receiver that is away is none.
    pub fn start(otlp: Option<&str>, prometheus: Option<&str>) -> Result<Option<Self>, WatchError> {
        if otlp.is_none() && prometheus.is_none() {
            return Ok(None);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let mut builder = Telemetry::builder("gofarm-season");
        for list in instruments::all() {
            builder = builder.instruments(list);
        }
        if let Some(endpoint) = otlp {
            builder = builder.otlp(endpoint);
        }
        if let Some(address) = prometheus {
            builder = builder.prometheus(address);
        }
        let entered = runtime.enter();
        let telemetry = builder.start()?;
        drop(entered);
        Ok(Some(Self { runtime, telemetry }))
    }

    /// What the season tells.
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener::new(self.telemetry.observer(), self.telemetry.tracers().clone())
    }

    /// Tells `show` where the metrics are, if they are shown, and waits for Ctrl-C; then sends what is left and returns
    /// what could not be sent.
    pub fn end(self, show: impl FnOnce(SocketAddr)) -> u64 {
        let Self { runtime, telemetry } = self;
        runtime.block_on(async {
            if let Some(address) = telemetry.prometheus_addr() {
                let mut interrupted = pin!(tokio::signal::ctrl_c());
                // Heard from here on: who reads the address may interrupt at once.
                let first = poll_fn(|cx| Poll::Ready(interrupted.as_mut().poll(cx))).await;
                show(address);
                if first.is_pending() {
                    // Without signals there is no way to wait; then it ends at once.
                    let _ = interrupted.await;
                }
            }
            telemetry.shutdown(secs(5)).await.dropped().total()
        })
    }
}
