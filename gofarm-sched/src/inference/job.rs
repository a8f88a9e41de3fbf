//! [`Job`]: what an inference job needs of a node's accelerators.

use core::num::NonZeroU64;

use super::ModelDigest;
use crate::ConfigError;
use crate::resource::DriverRange;

/// A model to be loaded, the memory in one piece that it takes, and the drivers that it runs on.
///
/// ```
/// use gofarm_sched::inference::{Job, ModelDigest};
/// use gofarm_sched::resource::{DriverRange, DriverVersion};
///
/// let weeds = Job::new(ModelDigest::of(b"the model"), 6 << 30)?
///     .driver(DriverRange::at_least(DriverVersion::new(550, 0, 0)));
/// assert_eq!(weeds.memory(), 6 << 30);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Job {
    digest: ModelDigest,
    memory: NonZeroU64,
    driver: DriverRange,
}

impl Job {
    /// The label of a request that names its job: `inference`.
    pub const LABEL: &'static str = "inference";

    /// A job on any driver, with so many bytes in one piece.
    ///
    /// # Errors
    /// It takes no memory.
    pub fn new(digest: ModelDigest, memory: u64) -> Result<Self, ConfigError> {
        let memory = NonZeroU64::new(memory);
        let memory = memory.ok_or(ConfigError::new("memory", "at least 1 byte"))?;
        Ok(Self {
            digest,
            memory,
            driver: DriverRange::ANY,
        })
    }

    /// The drivers that it runs on; any until it is set.
    #[must_use]
    pub const fn driver(mut self, range: DriverRange) -> Self {
        self.driver = range;
        self
    }

    /// The model.
    #[must_use]
    pub const fn digest(&self) -> &ModelDigest {
        &self.digest
    }

    /// The memory in one piece, in bytes.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory.get()
    }

    /// The same, as an [`Arena`](super::Arena) takes it.
    pub(super) const fn len(&self) -> NonZeroU64 {
        self.memory
    }

    /// The drivers.
    #[must_use]
    pub const fn drivers(&self) -> &DriverRange {
        &self.driver
    }
}
