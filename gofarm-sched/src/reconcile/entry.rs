//! [`Entry`] and [`Running`]: what is known of a key, and of a run.

use gofarm_core::time::Instant;

use super::{Interrupt, RunId};

/// When, and in which order among those of the same time.
pub(super) type Due = (Instant, u64);

/// Exists while its key is queued, waiting or running.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    /// It is to run: it is in `ready`, or runs now and goes there afterwards.
    pub(super) dirty: bool,
    pub(super) running: Option<RunId>,
    pub(super) due: Option<Due>,
    pub(super) failures: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) deadline: Instant,
    pub(super) interrupt: Option<Interrupt>,
    pub(super) told: bool,
}
