#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "std"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the front page names what features add; all links are checked with all features"
    )
)]

#[cfg(feature = "std")]
extern crate alloc;

pub mod attribute;
#[cfg(feature = "std")]
pub mod batch;
#[cfg(feature = "std")]
pub mod clock;
#[cfg(feature = "std")]
pub mod current;
#[cfg(feature = "dashboard")]
pub mod dashboard;
#[cfg(feature = "std")]
pub mod export;
#[cfg(feature = "std")]
pub mod exposition;
#[cfg(all(
    any(doc, doctest),
    feature = "std",
    feature = "tokio",
    feature = "dashboard"
))]
pub mod guide;
#[cfg(feature = "std")]
pub mod instrument;
#[cfg(feature = "tower")]
pub mod layer;
#[cfg(feature = "std")]
pub mod logger;
#[cfg(feature = "std")]
pub mod meter;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "std")]
pub mod otlp_metrics;
#[cfg(feature = "prometheus")]
pub mod prometheus;
pub mod propagation;
#[cfg(feature = "std")]
mod protobuf;
#[cfg(feature = "std")]
pub mod queue;
pub mod remote_span;
#[cfg(feature = "std")]
pub mod resource;
#[cfg(feature = "std")]
pub mod runtime;
pub mod sampler;
#[cfg(feature = "sdk")]
pub mod sdk;
pub mod semantic;
#[cfg(feature = "std")]
pub mod snapshot;
pub mod span;
#[cfg(feature = "std")]
pub mod spool;
#[cfg(feature = "tokio")]
pub mod telemetry;
pub mod timestamp;
#[cfg(feature = "std")]
pub mod tracer;
#[cfg(feature = "tracing")]
pub mod tracing;
#[cfg(feature = "std")]
mod value;
#[cfg(feature = "std")]
mod wire;
