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

#[cfg(feature = "alloc")]
pub mod affinity;
pub mod autonomy;
pub mod autoscale;
#[cfg(feature = "alloc")]
mod change_log;
mod config_error;
#[cfg(feature = "alloc")]
pub mod dependency;
pub mod drift;
#[cfg(feature = "tokio")]
pub mod driver;
#[cfg(feature = "alloc")]
pub mod eviction;
pub mod ewma;
pub mod feature;
#[cfg(feature = "alloc")]
pub mod feedback;
pub mod forecast;
#[cfg(all(any(doc, doctest), feature = "std"))]
pub mod guide;
#[cfg(feature = "alloc")]
pub mod inference;
pub mod load;
pub mod mode;
pub mod moments;
#[cfg(feature = "alloc")]
pub mod node;
#[cfg(feature = "alloc")]
pub mod node_table;
#[cfg(feature = "alloc")]
pub mod packing;
#[cfg(feature = "alloc")]
pub mod placement;
#[cfg(feature = "alloc")]
pub mod plugin;
#[cfg(feature = "alloc")]
pub mod priority;
#[cfg(feature = "alloc")]
pub mod quota;
#[cfg(feature = "alloc")]
pub mod reconcile;
#[cfg(feature = "alloc")]
pub mod request;
pub mod resource;
#[cfg(feature = "alloc")]
pub mod rollout;
#[cfg(feature = "alloc")]
pub mod simulator;
#[cfg(feature = "alloc")]
pub mod topology;
pub mod weight;
pub mod window;
#[cfg(feature = "alloc")]
mod winner_tree;

pub use config_error::ConfigError;
