//! [`AcceleratedNode`]: the accelerators of a node, as a model's loader finds them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Arena, Job, ModelDigest};
use crate::ConfigError;
use crate::placement::Reason;
use crate::resource::{DeviceSet, Devices, DriverVersion, Shortage};

/// The memory of a node's accelerators, their driver, the models on its disk, and the models that it may run.
///
/// ```
/// use gofarm_sched::inference::{AcceleratedNode, ModelDigest};
/// use gofarm_sched::resource::DriverVersion;
///
/// let weeds = ModelDigest::of(b"the model");
/// let node = AcceleratedNode::new()
///     .accelerator(24 << 30)?
///     .driver(DriverVersion::new(550, 54, 15))
///     .present(weeds)
///     .only([weeds]);
/// assert!(node.allows(&weeds) && !node.allows(&ModelDigest::of(b"another")));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AcceleratedNode {
    pub(super) arenas: Vec<Arena>,
    pub(super) driver: Option<DriverVersion>,
    pub(super) present: BTreeSet<ModelDigest>,
    allowed: Option<BTreeSet<ModelDigest>>,
}

/// Where a job would be loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) devices: DeviceSet,
    /// The share of the free pieces that it is taken from that would be left, 0..=1.
    pub(super) left: f32,
    pub(super) present: bool,
}

impl AcceleratedNode {
    /// No accelerators, a driver that is not known, no models there, and any of them allowed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            arenas: Vec::new(),
            driver: None,
            present: BTreeSet::new(),
            allowed: None,
        }
    }

    /// The same with one more accelerator of so many bytes; in the order of the node's
    /// [`Devices`], if it counts them as resources too.
    ///
    /// # Errors
    /// There are [`Devices::MAX`] already, or it has no memory.
    pub fn accelerator(mut self, memory: u64) -> Result<Self, ConfigError> {
        if memory == 0 || self.arenas.len() == Devices::MAX {
            return Err(ConfigError::new(
                "accelerator",
                "of at least 1 byte, and one of at most 16",
            ));
        }
        self.arenas.push(Arena::new(memory));
        Ok(self)
    }

    /// The version of the driver.
    #[must_use]
    pub const fn driver(mut self, version: DriverVersion) -> Self {
        self.driver = Some(version);
        self
    }

    /// A model that need not be downloaded.
    #[must_use]
    pub fn present(mut self, model: ModelDigest) -> Self {
        self.present.insert(model);
        self
    }

    /// Only these models may run there, none if there are none; any until it is set.
    #[must_use]
    pub fn only(mut self, models: impl IntoIterator<Item = ModelDigest>) -> Self {
        self.allowed = Some(models.into_iter().collect());
        self
    }

    /// Whether a model may run there.
    #[must_use]
    pub fn allows(&self, model: &ModelDigest) -> bool {
        let allowed = self.allowed.as_ref();
        allowed.is_none_or(|allowed| allowed.contains(model))
    }

    /// Whether a model need not be downloaded.
    #[must_use]
    pub fn has(&self, model: &ModelDigest) -> bool {
        self.present.contains(model)
    }

    /// The memory of each accelerator.
    #[must_use]
    pub fn arenas(&self) -> &[Arena] {
        &self.arenas
    }

    /// Where a job would be loaded: one block on each of these devices, or on the one that fits it best if there
    /// are none.
    pub(super) fn fit(&self, job: &Job, devices: DeviceSet) -> Result<Fit, Reason> {
        if !self.allows(job.digest()) {
            return Err(Reason::Other("the model's digest is not allowed"));
        }
        job.drivers().check(self.driver).map_err(Reason::Driver)?;
        let left_on = |device: usize| {
            let gap = self.arenas.get(device)?.best_fit(job.len())?;
            Some(gap.length() - job.memory())
        };
        let (devices, left) = if devices.is_empty() {
            let fits = (0..self.arenas.len()).filter_map(|d| Some((left_on(d)?, d)));
            let (left, best) = fits
                .min()
                .ok_or_else(|| self.short(job, 0..self.arenas.len()))?;
            (DeviceSet::EMPTY.with(best), left)
        } else {
            let mut sum = 0_u64;
            for device in devices.iter() {
                let left = left_on(device);
                let left = left.ok_or_else(|| self.short(job, device..device + 1))?;
                sum = sum.saturating_add(left);
            }
            (devices, sum)
        };
        let taken = job.memory().saturating_mul(devices.len() as u64);
        Ok(Fit {
            devices,
            left: share(left, left.saturating_add(taken)),
            present: self.has(job.digest()),
        })
    }

    /// Why none of these devices has the memory.
    fn short(&self, job: &Job, devices: impl Iterator<Item = usize>) -> Reason {
        let arenas = devices.filter_map(|device| self.arenas.get(device));
        let sum = arenas.fold(None, |sum, arena| {
            let (largest, free) = sum.unwrap_or((0, 0_u64));
            let free = free.saturating_add(arena.free());
            Some((arena.largest_free().max(largest), free))
        });
        match sum {
            None => Reason::Other("the memory of its accelerators is not known"),
            Some((largest, free)) => Reason::Short(Shortage::Contiguous {
                asked: job.memory(),
                largest,
                free,
            }),
        }
    }
}

fn share(part: u64, whole: u64) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a share, 0 to 1"
    )]
    let share = (part as f64 / whole.max(1) as f64) as f32;
    share
}
