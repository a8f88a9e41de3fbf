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
pub mod current;
#[cfg(feature = "std")]
pub mod instrument;
#[cfg(feature = "tower")]
pub mod layer;
pub mod propagation;
#[cfg(feature = "std")]
mod protobuf;
#[cfg(feature = "std")]
pub mod queue;
#[cfg(feature = "std")]
pub mod resource;
pub mod sampler;
pub mod semantic;
#[cfg(feature = "std")]
pub mod snapshot;
pub mod span;
pub mod timestamp;
#[cfg(feature = "std")]
pub mod tracer;
#[cfg(feature = "std")]
mod value;
