//! Guides. Documentation only; there is nothing to call here.
//!
//! - [Feeding](feeding): what to tell a scheduler and when, which figures must fit each other, and how to see that
//!   one does not.
//!
//! New to GoFarm? Begin with
//! [getting started](https://docs.rs/gofarm-core/latest/gofarm_core/guide/getting_started/) in gofarm-core.

pub mod feeding;
