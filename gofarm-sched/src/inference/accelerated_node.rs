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
    /// What would be left of the free pieces that it is taken from, by the memory of their accelerators, 0..=1.
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
        let arena = |device| (self.arenas.get(device)).map(|arena: &Arena| (device, arena));
        let (devices, left) = if devices.is_empty() {
            let all = self.arenas.iter().enumerate();
            let fits = all.filter_map(|(device, arena)| {
                let left = arena.best_fit(job.len())?.length() - job.memory();
                Some((left, device, arena))
            });
            let best = fits.min_by_key(|(left, device, _)| (*left, *device));
            let (left, device, arena) = best.ok_or_else(|| self.short(job, 0..Devices::MAX))?;
            (DeviceSet::EMPTY.with(device), share(left, arena.capacity()))
        } else {
            let (mut left, mut capacity) = (0_u64, 0_u64);
            for device in devices.iter() {
                let fit = arena(device).and_then(|(_, a)| Some((a, a.best_fit(job.len())?)));
                let (arena, gap) = fit.ok_or_else(|| self.short(job, core::iter::once(device)))?;
                left = left.saturating_add(gap.length() - job.memory());
                capacity = capacity.saturating_add(arena.capacity());
            }
            (devices, share(left, capacity))
        };
        let present = self.has(job.digest());
        Ok(Fit {
            devices,
            left,
            present,
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
