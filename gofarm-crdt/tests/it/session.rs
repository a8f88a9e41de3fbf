//! Sessions between small ledgers over a bad network.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test of small numbers that ends where something is missing"
)]

mod ledger;
mod network;

mod convergence;
mod cost;
mod hostile;
mod trust;
mod vectors;
