#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod dual_stack;
pub mod memory;
pub mod pipeline;
pub mod policy;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
pub mod semaphore;

pub use policy::{Outcome, Policy, Rejected};
