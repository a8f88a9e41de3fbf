//! [`Resources`] of a node, the [`Ask`] of a request, and the [`Shortage`] between them.

use super::binary_size::BinarySize;
use super::{DeviceSet, Devices};

/// What a node has, or what is still free of it.
///
/// ```
/// use gofarm_sched::resource::{Ask, Resources, Share};
///
/// let mut free = Resources::new(8_000, 32 << 30).accelerators(2);
/// let ask = Ask::new(2_000, 4 << 30).share(Share::Part(500));
/// let devices = free.devices().choices(ask.devices()).next().ok_or("none is free")?;
/// assert!(free.take(&ask, devices));
/// assert_eq!((free.cpu_milli(), free.devices().free()), (6_000, &[500, 1_000][..]));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Resources {
    cpu_milli: u32,
    memory: u64,
    devices: Devices,
}

impl Resources {
    /// Processors in thousandths, memory in bytes, no accelerator.
    #[must_use]
    pub const fn new(cpu_milli: u32, memory: u64) -> Self {
        Self {
            cpu_milli,
            memory,
            devices: Devices::NONE,
        }
    }

    /// The same with so many whole accelerators, up to [`Devices::MAX`].
    #[must_use]
    pub const fn accelerators(mut self, count: usize) -> Self {
        self.devices = Devices::whole(count);
        self
    }

    /// Processors, in thousandths.
    #[must_use]
    pub const fn cpu_milli(&self) -> u32 {
        self.cpu_milli
    }

    /// Memory, in bytes.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// Accelerators.
    #[must_use]
    pub const fn devices(&self) -> &Devices {
        &self.devices
    }

    /// Whether this is enough for an ask.
    ///
    /// # Errors
    /// The first resource that is short, and by how much.
    pub fn fits(&self, ask: &Ask) -> Result<(), Shortage> {
        if self.cpu_milli < ask.cpu_milli {
            return Err(Shortage::Cpu {
                missing_milli: ask.cpu_milli - self.cpu_milli,
            });
        }
        if self.memory < ask.memory {
            return Err(Shortage::Memory {
                missing: ask.memory - self.memory,
            });
        }
        if !self.devices.has(ask.share) {
            return Err(Shortage::Accelerators);
        }
        Ok(())
    }

    /// Takes what is asked for, accelerators from the chosen devices; false, and nothing taken, where it is short.
    pub fn take(&mut self, ask: &Ask, chosen: DeviceSet) -> bool {
        if self.cpu_milli < ask.cpu_milli || self.memory < ask.memory {
            return false;
        }
        if !self.devices.take(chosen, ask.share) {
            return false;
        }
        self.cpu_milli -= ask.cpu_milli;
        self.memory -= ask.memory;
        true
    }

    /// Gives back what was taken.
    pub fn give_back(&mut self, ask: &Ask, chosen: DeviceSet) {
        self.cpu_milli = self.cpu_milli.saturating_add(ask.cpu_milli);
        self.memory = self.memory.saturating_add(ask.memory);
        self.devices.give_back(chosen, ask.share);
    }
}

/// What work asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ask {
    cpu_milli: u32,
    memory: u64,
    share: Share,
}

impl Ask {
    /// Nothing.
    pub const NOTHING: Self = Self::new(0, 0);

    /// Processors in thousandths, memory in bytes, no accelerator.
    #[must_use]
    pub const fn new(cpu_milli: u32, memory: u64) -> Self {
        Self {
            cpu_milli,
            memory,
            share: Share::None,
        }
    }

    /// The same with a share of accelerators.
    #[must_use]
    pub const fn share(mut self, share: Share) -> Self {
        self.share = share;
        self
    }

    /// Processors, in thousandths.
    #[must_use]
    pub const fn cpu_milli(&self) -> u32 {
        self.cpu_milli
    }

    /// Memory, in bytes.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// The share of accelerators.
    #[must_use]
    pub const fn devices(&self) -> Share {
        self.share
    }
}

/// A share of a node's accelerators; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Share {
    /// None is needed.
    None,
    /// So many thousandths of one device, 1..=1000.
    Part(u16),
    /// So many whole devices.
    Whole(u8),
}

impl Share {
    /// On how many devices.
    #[must_use]
    pub const fn devices(self) -> usize {
        match self {
            Self::None => 0,
            Self::Part(_) => 1,
            Self::Whole(count) => count as usize,
        }
    }

    /// How much of each of them, in thousandths.
    #[must_use]
    pub const fn of_each(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Part(part) => part,
            Self::Whole(_) => Devices::WHOLE,
        }
    }

    /// All of it, in thousandths of a device.
    #[must_use]
    pub const fn total(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Part(part) => part as u32,
            Self::Whole(count) => count as u32 * Devices::WHOLE as u32,
        }
    }
}

/// What a node has too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Shortage {
    /// Processors.
    #[error("{missing_milli} m of cpu are missing")]
    Cpu {
        /// By so many thousandths.
        missing_milli: u32,
    },
    /// Memory.
    #[error("{missing} B of memory are missing")]
    Memory {
        /// By so many bytes.
        missing: u64,
    },
    /// No device, or not enough of them, have the share free.
    #[error("no accelerator has that much free")]
    Accelerators,
    /// Memory of an accelerator in one piece.
    #[error(
        "no contiguous {}: largest free {} of {} free",
        BinarySize::Asked(*asked), BinarySize::Has(*largest), BinarySize::Has(*free)
    )]
    Contiguous {
        /// Bytes in one piece that are asked for.
        asked: u64,
        /// The largest piece that is free, in bytes.
        largest: u64,
        /// All that is free, in bytes.
        free: u64,
    },
}
