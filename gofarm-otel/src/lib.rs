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
pub mod logger;
#[cfg(feature = "std")]
mod protobuf;
#[cfg(feature = "std")]
pub mod queue;
#[cfg(feature = "std")]
pub mod resource;
pub mod sampler;
#[cfg(feature = "sdk")]
pub mod sdk;
pub mod span;
pub mod timestamp;
#[cfg(feature = "std")]
pub mod tracer;
#[cfg(feature = "tracing")]
pub mod tracing;
#[cfg(feature = "std")]
mod value;
