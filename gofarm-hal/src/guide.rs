//! Guides. Documentation only; there is nothing to call here.
//!
//! - [Porting](porting): a new board, from its clock to a valve that closes after a reset.
//!
//! New to GoFarm? Begin with
//! [getting started](https://docs.rs/gofarm-core/latest/gofarm_core/guide/getting_started/) in gofarm-core.

pub mod porting;
