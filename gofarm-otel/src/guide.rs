//! Guides. Documentation only; there is nothing to call here.
//!
//! - [Sizing](sizing): a spool for 72 hours, a sampling share, series, and which alerts to begin with.
//!
//! New to GoFarm? Begin with
//! [getting started](https://docs.rs/gofarm-core/latest/gofarm_core/guide/getting_started/) in gofarm-core.

pub mod sizing;
