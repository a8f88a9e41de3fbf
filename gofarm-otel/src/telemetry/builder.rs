//! [`Builder`]: what the telemetry of a service shall be.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(feature = "otlp")]
use core::ops::RangeInclusive;
use core::time::Duration;
#[cfg(feature = "otlp")]
use std::path::{Path, PathBuf};

use gofarm_core::device::DeviceId;
use gofarm_core::observe::Instrument;
use tokio::sync::{Notify, mpsc};

use super::driver::Driver;
#[cfg(feature = "otlp")]
use super::driver::Outlet;
use super::{StartError, Telemetry};
use crate::attribute::Attribute;
use crate::batch::Kind;
use crate::clock::Clock;
use crate::instrument::Registry;
use crate::logger::LoggerProvider;
use crate::meter::MeterProvider;
use crate::propagation::Propagators;
use crate::queue::Queue;
use crate::resource::Resource;
use crate::runtime::TaskWatch;
use crate::sampler::Sampler;
use crate::tracer::TracerProvider;
use crate::{export, instrument, queue, runtime, sampler};

/// Spans, and log records, that wait in memory to be sent.
const QUEUE_BYTES: usize = 2 << 20;

/// So much makes a request worth while: some 600 spans. A request costs some 0.1 ms of CPU whatever is in it; more
/// would be held in memory twice while it is sent.
const WAKE_BYTES: usize = 128 << 10;

/// Metrics are sent so often, if nothing is said (the default of the OpenTelemetry specification).
const METRICS_INTERVAL: Duration = Duration::from_secs(60);

/// So often they may be sent: below, reading the meters is the work; above, a day has no point.
#[cfg(feature = "otlp")]
const METRICS_INTERVALS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(86_400);

/// What waits in memory for a receiver that is away, where a spool takes the rest.
#[cfg(feature = "otlp")]
const BESIDE_SPOOL: usize = 1 << 20;

/// `n` × 1 048 576 bytes.
///
/// ```
/// assert_eq!(gofarm_otel::telemetry::mebibytes(64), 67_108_864);
/// ```
#[must_use]
pub const fn mebibytes(n: u64) -> u64 {
    n << 20
}

/// What the telemetry of a service shall be; see the [module](super).
#[derive(Debug)]
#[must_use = "telemetry has to be started"]
pub struct Builder {
    resource: Resource,
    device: Option<String>,
    sampler: Sampler,
    propagators: Propagators,
    registry: instrument::Builder,
    instruments: Vec<&'static Instrument>,
    clock: Clock,
    metrics_interval: Duration,
    #[cfg(feature = "otlp")]
    otlp: Option<Result<crate::otlp::OtlpConfig, crate::otlp::ConfigError>>,
    #[cfg(feature = "otlp")]
    spool: Option<(PathBuf, u64)>,
    #[cfg(feature = "otlp")]
    memory: Option<usize>,
    #[cfg(feature = "prometheus")]
    prometheus: Option<String>,
}

impl Builder {
    pub(super) fn new(service: &str) -> Self {
        Self {
            resource: Resource::new(service),
            device: None,
            sampler: Sampler::always_on(),
            propagators: Propagators::default(),
            registry: Registry::builder(),
            instruments: Vec::new(),
            clock: Clock::system(),
            metrics_interval: METRICS_INTERVAL,
            #[cfg(feature = "otlp")]
            otlp: None,
            #[cfg(feature = "otlp")]
            spool: None,
            #[cfg(feature = "otlp")]
            memory: None,
            #[cfg(feature = "prometheus")]
            prometheus: None,
        }
    }

    /// The device that this runs on: `device.id` of the resource, and what a
    /// [`device_hash`](Sampler::device_hash) sampler hashes.
    pub fn device(mut self, id: &str) -> Self {
        self.resource = self.resource.device(id);
        self.device = Some(id.to_string());
        self
    }

    /// The zone of the farm.
    pub fn zone(mut self, zone: &str) -> Self {
        self.resource = self.resource.zone(zone);
        self
    }

    /// Something else that is so for the whole process.
    pub fn attribute(mut self, attribute: Attribute<'_>) -> Self {
        self.resource = self.resource.attribute(attribute);
        self
    }

    /// Which traces are kept: all, if nothing is said; none, if there is no receiver.
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// Which headers carry a trace: W3C's and baggage, if nothing is said.
    pub fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = propagators;
        self
    }

    /// How metrics are kept: bounds of cardinality, boundaries of histograms.
    pub fn metrics(mut self, registry: instrument::Builder) -> Self {
        self.registry = registry;
        self
    }

    /// Instruments that are to be seen before they are first used: a crate's `INSTRUMENTS`.
    pub fn instruments(mut self, instruments: &[&'static Instrument]) -> Self {
        self.instruments.extend_from_slice(instruments);
        self
    }

    /// Tells the time by `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sends traces, metrics and logs by OTLP over HTTP to `endpoint`: `http://collector:4318`.
    #[cfg(feature = "otlp")]
    pub fn otlp(mut self, endpoint: &str) -> Self {
        self.otlp = Some(crate::otlp::OtlpConfig::new(endpoint));
        self
    }

    /// Sends by OTLP in the way that `config` says: gRPC, headers, TLS.
    #[cfg(feature = "otlp")]
    pub fn otlp_with(mut self, config: crate::otlp::OtlpConfig) -> Self {
        self.otlp = Some(Ok(config));
        self
    }

    /// Sends where the variables `OTEL_EXPORTER_OTLP_…` of the environment say, if they do.
    #[cfg(feature = "otlp")]
    pub fn otlp_from_environment(mut self) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        if let Some(config) = crate::otlp::OtlpConfig::from_environment(variable).transpose() {
            self.otlp = Some(config);
        }
        self
    }

    /// Sends metrics every `interval`, from 1 s to 24 h; 60 s if nothing is said. [`start`](Self::start) refuses another one.
    ///
    /// All series go out each time, changed or not, and so while the link is down into the spool: choose this and the
    /// [spool](Self::spool)'s bound together, by *bytes of all series × duration of an outage / interval*. 200 counters of
    /// three labels at 60 s are 69 MiB in 72 hours, at 300 s 14 MiB; the guide
    /// [*sizing*](crate::guide::sizing#a-spool-for-72-hours) has the figures. Above 300 s Prometheus, fed by OTLP, takes a
    /// series for gone between two points. Scrapes of [Prometheus](Self::prometheus) ask for themselves, whatever is said here.
    #[cfg(feature = "otlp")]
    pub const fn metrics_interval(mut self, interval: Duration) -> Self {
        self.metrics_interval = interval;
        self
    }

    /// Keeps what cannot be sent in files in `directory`, at most `bytes` of them.
    #[cfg(feature = "otlp")]
    pub fn spool(mut self, directory: impl AsRef<Path>, bytes: u64) -> Self {
        self.spool = Some((directory.as_ref().to_owned(), bytes));
        self
    }

    /// Holds at most `bytes` in memory for a receiver that is away: 4 MiB if nothing is said, and 1 MiB where there is a spool.
    ///
    /// What is above goes to the spool, or is dropped and counted.
    #[cfg(feature = "otlp")]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Answers scrapes of Prometheus at `address`: `127.0.0.1:9464`.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(mut self, address: &str) -> Self {
        self.prometheus = Some(address.to_string());
        self
    }

    /// Starts; call it inside a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// [`StartError`]: what is wrong with the configuration. Then nothing was started.
    pub fn start(self) -> Result<Telemetry, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let registry = self.registry.clock(self.clock.clone()).build();
        let mut sampler: Sampler = self.sampler;
        if let Some(device) = &self.device {
            sampler = sampler.device(DeviceId::new(device)?);
        }
        #[cfg(feature = "otlp")]
        if !METRICS_INTERVALS.contains(&self.metrics_interval) {
            return Err(StartError::MetricsInterval(self.metrics_interval));
        }
        #[cfg(feature = "otlp")]
        let has_disk = self.spool.is_some();
        #[cfg(feature = "otlp")]
        let (worker, outlet) = match self.otlp {
            Some(config) => {
                let exporter = exporter(self.spool, self.memory)?;
                let client = config?.client()?;
                let clock = self.clock.clone();
                let (handle, worker) = crate::otlp::Worker::new(exporter, client, clock);
                let encoder = crate::otlp_metrics::MetricsEncoder::new(&self.resource);
                (Some(worker), Some(Outlet { handle, encoder }))
            }
            None if self.spool.is_some() => return Err(StartError::SpoolAlone),
            None => (None, None),
        };
        #[cfg(feature = "otlp")]
        let is_sent = outlet.is_some();
        #[cfg(not(feature = "otlp"))]
        let is_sent = false;
        if !is_sent {
            sampler = Sampler::always_off();
        }
        #[cfg(feature = "prometheus")]
        let endpoint = self
            .prometheus
            .map(|address| listen(address, &registry, &self.resource))
            .transpose()?;

        for own in [
            runtime::INSTRUMENTS.as_slice(),
            &instrument::INSTRUMENTS,
            &queue::signal::INSTRUMENTS,
            &export::INSTRUMENTS,
            &sampler::signal::INSTRUMENTS,
        ] {
            registry.register(own);
        }
        registry.register(&self.instruments);
        let wake = Arc::new(Notify::new());
        let queues = [Kind::Traces, Kind::Logs].map(|kind| {
            let observer = Arc::new(registry.clone());
            let queue = Queue::observed(kind, &self.resource, QUEUE_BYTES, observer);
            let wake = Arc::clone(&wake);
            queue.wake_at(WAKE_BYTES, move || wake.notify_one());
            queue
        });
        let [spans, logs] = queues.clone();
        let tasks = TaskWatch::new(self.clock.clone());
        let (sender, commands) = mpsc::channel(4);
        let driver = Driver {
            queues,
            registry: registry.clone(),
            sampler: sampler.clone(),
            tasks: tasks.clone(),
            clock: self.clock.clone(),
            wake,
            metrics_interval: self.metrics_interval,
            commands,
            #[cfg(feature = "otlp")]
            outlet,
        };
        #[cfg(feature = "otlp")]
        if let Some(worker) = worker {
            let worker = worker.with_origin(spans.clone());
            let observer = registry.clone();
            if has_disk {
                worker.spawn_thread(observer).map_err(StartError::Thread)?;
            } else {
                runtime.spawn(worker.run(observer));
            }
        }
        runtime.spawn(driver.run());
        Ok(Telemetry {
            tracers: TracerProvider::new(sampler.clone(), spans, self.clock.clone()),
            loggers: LoggerProvider::new(logs, self.clock.clone()),
            meters: MeterProvider::new(&registry),
            registry,
            sampler,
            propagators: self.propagators,
            tasks,
            clock: self.clock,
            driver: sender,
            #[cfg(feature = "prometheus")]
            scrapes: endpoint.map(|(endpoint, address)| {
                let (end, ended) = tokio::sync::oneshot::channel();
                let shutdown = async {
                    // Sent to or dropped: both mean the end.
                    let _ = ended.await;
                };
                runtime.spawn(endpoint.serve(shutdown));
                super::Scrapes { address, _end: end }
            }),
        })
    }
}

#[cfg(feature = "otlp")]
fn exporter(
    spool: Option<(PathBuf, u64)>,
    memory: Option<usize>,
) -> Result<export::Exporter, StartError> {
    use crate::spool::{Directory, Limits, Spool};

    use core::hash::{BuildHasher as _, Hasher as _};

    let seed = std::hash::RandomState::new().build_hasher().finish();
    let config = export::ExporterConfig::DEFAULT;
    let config = match (memory, &spool) {
        (Some(bytes), _) => config.with_memory_bytes(bytes),
        (None, Some(_)) => config.with_memory_bytes(BESIDE_SPOOL),
        (None, None) => config,
    };
    let exporter = export::Exporter::new(config, seed);
    let Some((path, bytes)) = spool else {
        return Ok(exporter);
    };
    let opened =
        Directory::open(&path).and_then(|directory| Spool::open(directory, Limits::new(bytes)));
    match opened {
        Ok(spool) => Ok(exporter.with_spool(spool)),
        Err(source) => Err(StartError::Spool {
            path: path.display().to_string(),
            source,
        }),
    }
}

#[cfg(feature = "prometheus")]
fn listen(
    address: String,
    registry: &Registry,
    resource: &Resource,
) -> Result<(crate::prometheus::Endpoint, core::net::SocketAddr), StartError> {
    use crate::prometheus::Endpoint;

    let bound = Endpoint::bind(address.as_str(), registry.clone(), resource.clone())
        .and_then(|endpoint| Ok((endpoint.local_addr()?, endpoint)));
    match bound {
        Ok((local, endpoint)) => Ok((endpoint, local)),
        Err(source) => Err(StartError::Prometheus { address, source }),
    }
}
