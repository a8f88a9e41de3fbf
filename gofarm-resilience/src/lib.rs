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

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "tower")]
pub mod context;
pub mod deadline;
pub mod dual_stack;
pub mod flow;
#[cfg(all(any(doc, doctest), feature = "std", feature = "tokio"))]
pub mod guide;
#[cfg(feature = "http")]
pub mod health_service;
#[cfg(feature = "alloc")]
pub mod keyed;
pub mod label;
#[cfg(feature = "tower")]
pub mod layer;
pub mod memory;
pub mod pipeline;
pub mod policy;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
pub mod semaphore;
pub mod zone;

pub use policy::{Outcome, Policy, Rejected};
