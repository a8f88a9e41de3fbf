//! Guides. Documentation only; there is nothing to call here.
//!
//! - [Tuning](tuning): which breaker, which figures, and how the metrics say that a figure is wrong.
//!
//! New to GoFarm? Begin with
//! [getting started](https://docs.rs/gofarm-core/latest/gofarm_core/guide/getting_started/) in gofarm-core.

pub mod tuning;
