//! Everything in one call: [`Telemetry`].
//!
//! An application has better things to do than to join queues, exporters and timers. [`Telemetry::builder`] asks for
//! a name, and for what else is wanted; [`start`](Builder::start) gives tracers, meters and loggers of the
//! OpenTelemetry API, Layers for tower, and an observer for the signals of every GoFarm crate.
//!
//! It starts whatever the network does: a receiver that is away is tried again and again, while the spool keeps what
//! was recorded; nobody has to scrape the endpoint. What is wrong in the configuration is told at once, in
//! a [`StartError`].
//!
//! ```
//! use gofarm_core::observe::{Instrument, Observer};
//! use gofarm_core::time::secs;
//! use gofarm_otel::sampler::{Percent, Sampler};
//! use gofarm_otel::telemetry::{Telemetry, mebibytes};
//!
//! static OPENED: Instrument = Instrument::counter("farm.valve.opened", "{opening}", "Openings of valves");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("gofarm-telemetry-{}", std::process::id()));
//! let telemetry = Telemetry::builder("irrigation-gateway")
//!     .device("gw-7")
//!     .zone("north")
//!     .sampler(Sampler::device_hash(10.percent()).escalate_on_error())
//!     .otlp("http://127.0.0.1:9") // nobody listens there: that is no error
//!     .spool(&directory, mebibytes(64))
//!     .prometheus("127.0.0.1:0")
//!     .start()?;
//! telemetry.observer().observe(&OPENED.count(1)); // replica.set_observer(telemetry.observer()), and so on
//! let layer = telemetry.server_layer(); // Router::new().route(…).layer(telemetry.server_layer())
//! # drop(layer);
//! let tally = telemetry.shutdown(secs(1)).await;
//! assert_eq!(tally.dropped().total(), 0);
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Tasks
//!
//! `start` spawns up to three tasks on the tokio runtime that it is called in: one that sends, one that answers
//! scrapes, and one that fills batches and reads the [meters of the process](crate::runtime). With a spool the sending
//! has a thread of its own, so that a slow disk holds up nobody. They end with
//! [`Telemetry::shutdown`], or when the `Telemetry` is dropped; then what is in memory goes to the spool, as far as the
//! runtime still lets them run.
//!
//! # What it does not do
//!
//! It sets nothing global unless [`install_global`](Telemetry::install_global) is called, installs no panic hook, and
//! reads no environment variable unless [`otlp_from_environment`](Builder::otlp_from_environment) is called. Health
//! endpoints are those of gofarm-resilience.

mod builder;
mod driver;
mod error;

use core::fmt;
#[cfg(feature = "prometheus")]
use core::net::SocketAddr;
use core::time::Duration;

use opentelemetry::global;
use tokio::sync::{mpsc, oneshot};

pub use builder::{Builder, mebibytes};
pub use error::StartError;

use crate::clock::Clock;
use crate::export::Tally;
use crate::instrument::Registry;
#[cfg(feature = "tower")]
use crate::layer::{ClientLayer, Pipeline, ServerLayer};
use crate::logger::LoggerProvider;
use crate::meter::MeterProvider;
use crate::propagation::Propagators;
use crate::runtime::TaskWatch;
use crate::sampler::{Control, Sampler};
use crate::tracer::TracerProvider;

/// Running telemetry; see the [module](self).
pub struct Telemetry {
    tracers: TracerProvider,
    loggers: LoggerProvider,
    meters: MeterProvider,
    registry: Registry,
    sampler: Sampler,
    propagators: Propagators,
    tasks: TaskWatch,
    clock: Clock,
    driver: mpsc::Sender<driver::Command>,
    #[cfg(feature = "prometheus")]
    scrapes: Option<Scrapes>,
}

/// The endpoint; it ends when the sender is dropped.
#[cfg(feature = "prometheus")]
struct Scrapes {
    address: SocketAddr,
    _end: oneshot::Sender<()>,
}

impl Telemetry {
    /// Says what the telemetry of this service shall be; `service` is its `service.name`.
    pub fn builder(service: &str) -> Builder {
        Builder::new(service)
    }

    /// What every signal of every crate is told to: the registry of metrics.
    #[must_use]
    pub fn observer(&self) -> Registry {
        self.registry.clone()
    }

    /// Counters, gauges and histograms that are held.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Tracers of the OpenTelemetry API.
    #[must_use]
    pub const fn tracers(&self) -> &TracerProvider {
        &self.tracers
    }

    /// Meters of the OpenTelemetry API.
    #[must_use]
    pub const fn meters(&self) -> &MeterProvider {
        &self.meters
    }

    /// Loggers of the OpenTelemetry API.
    #[must_use]
    pub const fn loggers(&self) -> &LoggerProvider {
        &self.loggers
    }

    /// Changes the sampling of the running process.
    #[must_use]
    pub fn sampling(&self) -> Control {
        self.sampler.control()
    }

    /// Watches tasks; it is scanned each [`INTERVAL`](crate::runtime::INTERVAL).
    #[must_use]
    pub const fn tasks(&self) -> &TaskWatch {
        &self.tasks
    }

    /// The clock that spans are timed by.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where Prometheus finds the metrics; none if it was not asked for.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn prometheus_addr(&self) -> Option<SocketAddr> {
        self.scrapes.as_ref().map(|scrapes| scrapes.address)
    }

    /// A Layer for requests that come in.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn server_layer(&self) -> ServerLayer {
        ServerLayer::new(&self.pipeline())
    }

    /// A Layer for requests that go out.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn client_layer(&self) -> ClientLayer {
        ClientLayer::new(&self.pipeline())
    }

    /// What the other Layers and helpers of [`layer`](crate::layer) are made from.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn pipeline(&self) -> Pipeline {
        Pipeline::new(&self.tracers, self.sampler.clone(), self.registry.clone())
            .propagators(self.propagators)
    }

    /// Makes tracers, meters and propagation those of the whole process ([`opentelemetry::global`]), for libraries that
    /// ask there. The API has no global loggers.
    pub fn install_global(&self) {
        global::set_tracer_provider(self.tracers.clone());
        global::set_meter_provider(self.meters.clone());
        global::set_text_map_propagator(self.propagators);
    }

    /// Sends what was recorded so far, and waits for it at most `within`; says how things stand then.
    pub async fn flush(&self, within: Duration) -> Tally {
        self.ask(within, driver::Command::Flush).await
    }

    /// Sends what was recorded, waits for it at most `within`, and ends; the rest goes to the spool or, if there is none, is
    /// dropped and counted.
    pub async fn shutdown(self, within: Duration) -> Tally {
        self.ask(within, driver::Command::Shutdown).await
    }

    async fn ask(
        &self,
        within: Duration,
        command: fn(Duration, oneshot::Sender<Tally>) -> driver::Command,
    ) -> Tally {
        let (reply, answer) = oneshot::channel();
        // The driver ends with its runtime at the earliest; then there is nothing left to say.
        if self.driver.send(command(within, reply)).await.is_err() {
            return Tally::default();
        }
        answer.await.unwrap_or_default()
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("tracers", &self.tracers)
            .finish_non_exhaustive()
    }
}
