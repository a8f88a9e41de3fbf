//! How large the spool, how small the sampling share, how many series, and which alerts to begin with.
//!
//! The one call on the front page starts everything. Three figures in it are yours, and a wrong one shows only after the
//! link was down for a weekend: the spool dropped Friday to keep Sunday, or the card is worn out in a year.
//!
//! # A spool for 72 hours
//!
//! Two things fill it. Metrics go out in [an interval](crate::telemetry::Builder::metrics_interval), 60 s if nothing is said, all
//! series each time, whether they changed or not: 4 320 requests in 72 hours. Traces and logs go as they come. A point
//! is the labels of its series, as texts, and its numbers; nothing is compressed. Measure your own, since labels decide:
//!
//! ```
//! use gofarm_core::observe::{Instrument, Label};
//! use gofarm_otel::instrument::Registry;
//! use gofarm_otel::otlp_metrics::MetricsEncoder;
//! use gofarm_otel::resource::Resource;
//!
//! static OPENED: Instrument = Instrument::counter("farm.valve.opened", "{opening}", "Openings of valves");
//! static TOOK: Instrument = Instrument::histogram("farm.read.duration", "s", "Time to read a probe");
//!
//! /// What one series more costs each time, in bytes, with so many labels besides the one that tells it apart.
//! fn bytes_of_a_point(instrument: &'static Instrument, more: usize) -> usize {
//!     let bytes_of = |series: u64| -> usize {
//!         let registry = Registry::new();
//!         for valve in 0..series {
//!             let labels = [
//!                 Label::number("valve", valve),
//!                 Label::text("zone", "north"),
//!                 Label::text("cause", "over_current"),
//!             ];
//!             let labels = &labels[..1 + more];
//!             if core::ptr::eq(instrument, &OPENED) {
//!                 registry.counter(instrument, labels).add(1);
//!             } else {
//!                 registry.histogram(instrument, labels).record(0.02);
//!             }
//!         }
//!         let snapshot = registry.collect(registry.clock().now());
//!         MetricsEncoder::new(&Resource::new("gateway")).encode(snapshot).iter().map(|batch| batch.body.len()).sum()
//!     };
//!     (bytes_of(120) - bytes_of(20)) / 100
//! }
//!
//! assert_eq!([0, 2].map(|more| bytes_of_a_point(&OPENED, more)), [42, 84]);
//! assert_eq!([0, 2].map(|more| bytes_of_a_point(&TOOK, more)), [288, 330]);
//! ```
//!
//! So many bytes a series and point, times *72 h / interval*, are what an outage costs. For 200 series of three labels:
//!
//! | 200 series | a point | 72 h at 60 s | at 300 s | at 900 s |
//! |---|---|---|---|---|
//! | counters, gauges | 84 B | 69 MiB | 14 MiB | 5 MiB |
//! | histograms of 14 boundaries | 330 B | 272 MiB | 54 MiB | 18 MiB |
//!
//! What [`Telemetry`](crate::telemetry::Telemetry) says of itself and of the process is less than 5 kB more each time: 21 MB at
//! 60 s. So choose the interval and the bound of the spool together: 64 MiB hold three days of 120 counters at 60 s, or of 200
//! counters and 160 histograms at 300 s, each without a trace:
//!
//! ```no_run
//! # #[cfg(feature = "otlp")]
//! # fn start() -> Result<(), gofarm_otel::telemetry::StartError> {
//! use gofarm_core::time::secs;
//! use gofarm_otel::telemetry::{Telemetry, mebibytes};
//!
//! let telemetry = Telemetry::builder("irrigation-gateway")
//!     .otlp("http://collector:4318")
//!     .metrics_interval(secs(300))
//!     .spool("/var/lib/gateway/telemetry", mebibytes(64))
//!     .start()?;
//! # drop(telemetry);
//! # Ok(())
//! # }
//! ```
//!
//! A longer interval costs nothing in what is counted, sums go on; gauges between two points are not seen, and above 300 s
//! Prometheus, fed by OTLP, takes a series for gone.
//!
//! For traces: a span of a usual request is some 220 bytes (64 KiB hold about 300), so *spans a second × share × 220 ×
//! 259 200* for 72 hours. At 10 spans a second and 10 % that is 57 MB.
//!
//! Then look at what is allowed in a day: [`Limits`](crate::spool::Limits) lets 512 MiB be written in any 24 hours, and refuses
//! (and counts) what is more. The spool drops its oldest *segment* when it is full, 1 MiB at once, and gives way on a full
//! disk as well; so it may share a partition with data that must not be lost, but a partition of its own is better.
//!
//! If it is too much: a longer interval, fewer series (a histogram costs four to seven counters), a smaller share, and not a shorter
//! memory. What was
//! dropped is in [`Tally`](crate::export::Tally), by reason, and so in the metrics.
//!
//! # How much to sample
//!
//! - **Begin with 10 %** of the device's traces, failures kept (`Sampler::device_hash(10.percent()).escalate_on_error()`). What
//!   is not traced still counts in the metrics, so error rates and latencies stay exact.
//! - `device_hash` for a farm of small devices: each keeps another part, so rare devices are not left out together.
//!   `Sampler::ratio` where one trace goes through several services: all of them keep the same ones.
//! - Everything (`Sampler::always_on`) is right for a desk, and for one device that is being looked at; change it while it runs with
//!   [`Control`](crate::sampler::Control), or by a signed message over the air.
//! - Do not sample valves' commands away. They are few; count them with signals, which are never sampled.
//!
//! # How many series
//!
//! A label's values multiply. Device *and* route *and* status over 1 000 devices are more series than any receiver wants. Put
//! the device into the resource (`.device("gw-7")`) on the device itself, and use a label only where one process speaks
//! for many. An instrument holds 2 000 series; what comes after shares one that says `otel.metric.overflow`, and is counted
//! in `gofarm.otel.metric.overflow`: watch it. Never label with what a stranger may choose (a path, a header) unless it is
//! bounded first.
//!
//! # Alerts to begin with
//!
//! Do not write them by hand: [`dashboard::Rules`](crate::dashboard::Rules) makes them from the instruments that your crates
//! emit, and names those that it left out. If a person may be woken by five only, take these:
//!
//! | alert | because |
//! |---|---|
//! | `ValveLeak`, `ValveCloseUnconfirmed` | water runs, or may |
//! | `CommandIndeterminate` | nobody knows whether it ran; a person has to look |
//! | `FarmCutOff` | the farm decides alone, and its figures are old |
//! | `TelemetryLost` | you are not told the rest |
//!
//! Silence is not health: alert on the absence of `up`, and on `gofarm.otel.held` that only rises.
//!
//! # Ending
//!
//! Call [`shutdown`](crate::telemetry::Telemetry::shutdown) with the seconds that the system gives you, less one. What was not sent
//! goes to the spool and is sent at the next start; without a spool it is dropped, and counted.
