//! Sessions between small ledgers over a bad network.

mod ledger;
mod network;

mod convergence;
mod cost;
mod hostile;
mod trust;
mod vectors;
