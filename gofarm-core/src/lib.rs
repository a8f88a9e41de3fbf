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

// Lets the derive macros name this crate by one path, inside and outside of it.
extern crate self as gofarm_core;

pub mod command;
pub mod contract;
pub mod device;
pub mod error;
#[cfg(all(any(doc, doctest), feature = "std", feature = "derive"))]
pub mod guide;
#[cfg(feature = "std")]
pub mod hot;
pub mod lifecycle;
pub mod link;
pub mod observe;
pub mod quality;
pub mod quantity;
pub mod random;
pub mod reading;
pub mod text;
pub mod time;
pub mod trace_context;
pub mod verify;

pub use contract::{Action, Describe, Device, Event, Validate, Validated, Violation};
pub use device::DeviceId;

#[cfg(feature = "derive")]
pub use gofarm_core_derive::{Action, Describe, Device, Event};
