//! Public behaviour of `gofarm-core`, one file per subject.

mod command;
mod lease;
mod quality;
mod quantity;
