//! Public behaviour of gofarm-core.

mod command;
mod lease;
mod quality;
