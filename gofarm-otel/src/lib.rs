#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate alloc;

pub mod attribute;
#[cfg(feature = "std")]
pub mod batch;
#[cfg(feature = "std")]
pub mod clock;
#[cfg(feature = "std")]
pub mod exposition;
#[cfg(feature = "std")]
pub mod instrument;
#[cfg(feature = "std")]
pub mod meter;
#[cfg(feature = "std")]
pub mod otlp_metrics;
#[cfg(feature = "std")]
mod protobuf;
#[cfg(feature = "std")]
pub mod resource;
pub mod sampler;
#[cfg(feature = "std")]
pub mod snapshot;
pub mod span;
pub mod timestamp;
