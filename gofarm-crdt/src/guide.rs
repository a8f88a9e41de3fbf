//! Guides. Documentation only; there is nothing to call here.
//!
//! - [Offline design](offline_design): what to replicate and what never, time, identity, full disks, new replicas,
//!   backups, and what it costs on a radio.
//! - [Choosing a type](choosing_a_type): which CRDT for which question, and what two writers see.
//!
//! New to GoFarm? Begin with
//! [getting started](https://docs.rs/gofarm-core/latest/gofarm_core/guide/getting_started/) in gofarm-core.

pub mod choosing_a_type;
pub mod offline_design;
