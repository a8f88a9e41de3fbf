//! What is sent, when, and what becomes of it: [`Exporter`].
//!
//! The exporters of the SDKs hold a batch in memory, try a few times and drop it. A receiver that is away for an
//! afternoon is not an error on a farm, so here a batch has two places to wait: memory first, and a
//! [spool](crate::spool) when the receiver stays away or memory is full. Nothing is lost uncounted.
//!
//! The exporter is a plain value without I/O of its own but the spool's files. A driver ([`otlp`](crate::otlp), or
//! a test) sends what [`poll_transmit`](Exporter::poll_transmit) gives and says what came of it.
//!
//! - *One request at a time*, oldest first within memory and within the spool. When both have something, they take
//!   turns: neither is starved while the spool is replayed, and live data are at most one request late.
//! - *Back-off* doubles from 1 s to 60 s with jitter, and a receiver that asks for time gets it.
//! - *Too much at once* (HTTP 413, or more than a segment of the spool) is cut in two and tried again, down to single
//!   records; only one of these that is still too much is dropped.
//! - *At least once*: a request without an answer may have arrived and is sent again.
//! - As OTLP demands, what a receiver refuses for good is dropped and not tried again. That includes a receiver that
//!   says so because a token has run out.

mod answer;
mod backoff;
mod config;
mod exporter;
mod in_flight;
mod memory;
mod signal;
mod split;
mod tally;

pub use answer::Answer;
pub use config::ExporterConfig;
pub use exporter::Exporter;
pub use signal::INSTRUMENTS;
pub use tally::{Reason, Tally};
