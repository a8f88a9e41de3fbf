//! Guides: how to begin, told in order. Documentation only; there is nothing to call here.
//!
//! | guide | in |
//! |---|---|
//! | [Getting started](getting_started): from `cargo add` to a described device, a reading and a leased command | this crate |
//! | [Offline design](https://docs.rs/gofarm-crdt/latest/gofarm_crdt/guide/offline_design/): 72 hours alone | gofarm-crdt |
//! | [Choosing a type](https://docs.rs/gofarm-crdt/latest/gofarm_crdt/guide/choosing_a_type/): what two writers see | gofarm-crdt |
//! | [Tuning](https://docs.rs/gofarm-resilience/latest/gofarm_resilience/guide/tuning/): breakers, retries, deadlines | gofarm-resilience |
//! | [Porting](https://docs.rs/gofarm-hal/latest/gofarm_hal/guide/porting/): to a new board | gofarm-hal |
//! | [Feeding](https://docs.rs/gofarm-sched/latest/gofarm_sched/guide/feeding/): what to tell a scheduler | gofarm-sched |
//! | [Sizing](https://docs.rs/gofarm-otel/latest/gofarm_otel/guide/sizing/): spool, samples, series | gofarm-otel |

pub mod getting_started;
