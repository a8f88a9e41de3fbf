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
pub mod propagation;
pub mod sampler;
pub mod semantic;
pub mod span;
pub mod timestamp;
