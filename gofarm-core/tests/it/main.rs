//! Public behaviour of `gofarm-core`, one file per subject.

mod link;
mod link_simulation;
mod quantity;
