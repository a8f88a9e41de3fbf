//! Public behaviour of `gofarm-core`, one file per subject.

mod quantity;
