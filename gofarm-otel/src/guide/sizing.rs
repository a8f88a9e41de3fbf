//! How large the spool, how small the sampling share, how many series, and which alerts to begin with.
//!
//! The one call on the front page starts everything. Three figures in it are yours, and a wrong one shows only after the
//! link was down for a weekend: the spool dropped Friday to keep Sunday, or the card is worn out in a year.
//!
//! # A spool for 72 hours
//!
//! Two things fill it. Metrics go out every 60 s, all series each time, whether they changed or not: 4 320 requests in 72
//! hours. Traces and logs go as they come. Measure your own metrics, since labels decide:
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
//! fn bytes_of_a_snapshot(instrument: &'static Instrument, series: u8) -> usize {
//!     let registry = Registry::new();
//!     for valve in 0..series {
//!         let label = [Label::number("valve", valve.into())];
//!         if core::ptr::eq(instrument, &OPENED) {
//!             registry.counter(instrument, &label).add(1);
//!         } else {
//!             registry.histogram(instrument, &label).record(0.02);
//!         }
//!     }
//!     let snapshot = registry.collect(registry.clock().now());
//!     MetricsEncoder::new(&Resource::new("gateway")).encode(snapshot).iter().map(|batch| batch.body.len()).sum()
//! }
//!
//! let (counters, histograms) = (bytes_of_a_snapshot(&OPENED, 100), bytes_of_a_snapshot(&TOOK, 100));
//! assert!((4_000..6_000).contains(&counters), "{counters}");       // some 50 bytes a series
//! assert!((20_000..40_000).contains(&histograms), "{histograms}"); // some 300
//! let weekend = 72 * 60 * (counters + histograms);
//! assert!((100 << 20..200 << 20).contains(&weekend), "{weekend}"); // 64 MiB would not do
//! ```
//!
//! For traces: a span of a usual request is some 220 bytes (64 KiB hold about 300), so *spans a second × share × 220 ×
//! 259 200* for 72 hours. At 10 spans a second and 10 % that is 57 MB.
//!
//! Then look at what is allowed in a day: [`Limits`](crate::spool::Limits) lets 512 MiB be written in any 24 hours, and refuses
//! (and counts) what is more. The spool drops its oldest *segment* when it is full, 1 MiB at once, and gives way on a full
//! disk as well; so it may share a partition with data that must not be lost, but a partition of its own is better.
//!
//! If it is too much: fewer series (a histogram costs six counters), a smaller share, and not a shorter memory. What was
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
