//! [`Devices`] and [`DeviceSet`]: the accelerators of one node, each with what is free of it.

use super::Share;

/// What is free of each accelerator of a node, in thousandths; up to 16 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Devices {
    free: [u16; Self::MAX],
    count: u8,
}

/// What comes over a link instead of [`Devices`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Unchecked {
    free: [u16; Devices::MAX],
    count: u8,
}

#[cfg(feature = "serde")]
impl TryFrom<Unchecked> for Devices {
    type Error = crate::ConfigError;

    fn try_from(Unchecked { free, count }: Unchecked) -> Result<Self, Self::Error> {
        if usize::from(count) > Self::MAX {
            return Err(crate::ConfigError::new("count", "at most 16"));
        }
        let (devices, none) = free.split_at(usize::from(count));
        if devices.iter().any(|f| *f > Self::WHOLE) || none.iter().any(|f| *f > 0) {
            let rule = "at most 1000 of each device, and 0 of those that are not there";
            return Err(crate::ConfigError::new("free", rule));
        }
        Ok(Self { free, count })
    }
}

impl Devices {
    /// The most accelerators that a node may have.
    pub const MAX: usize = 16;

    /// All of one device, in thousandths.
    pub const WHOLE: u16 = 1_000;

    /// None.
    pub const NONE: Self = Self::whole(0);

    /// So many devices, all of them free; more than [`MAX`](Self::MAX) count as that many.
    #[must_use]
    pub const fn whole(count: usize) -> Self {
        let mut free = [0; Self::MAX];
        let count = if count > Self::MAX { Self::MAX } else { count };
        let mut device = 0;
        while device < count {
            free[device] = Self::WHOLE;
            device += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most MAX")]
        let count = count as u8;
        Self { free, count }
    }

    /// What is free of each device, in thousandths.
    #[must_use]
    pub fn free(&self) -> &[u16] {
        self.free.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// What is free of all devices together, in thousandths.
    #[must_use]
    pub fn total_free(&self) -> u32 {
        self.free().iter().map(|&free| u32::from(free)).sum()
    }

    /// How many devices are all free.
    #[must_use]
    pub fn whole_free(&self) -> usize {
        self.free().iter().filter(|f| **f == Self::WHOLE).count()
    }

    /// Whether a share of them can be had now.
    #[must_use]
    pub fn has(&self, share: Share) -> bool {
        match share {
            Share::None => true,
            Share::Part(part) => self.free().iter().any(|free| *free >= part),
            Share::Whole(count) => self.whole_free() >= usize::from(count),
        }
    }

    /// The ways to serve a share that differ: for a part, one device of each free amount that is enough, the
    /// tightest first; for whole devices, the first ones that are free.
    ///
    /// ```
    /// use gofarm_sched::resource::{Devices, Share};
    ///
    /// let mut devices = Devices::whole(4);
    /// let first = devices.choices(Share::Part(300)).next().ok_or("one is free")?;
    /// devices.take(first, Share::Part(300));
    /// // Two ways from here: on the one begun, or on a fresh one.
    /// assert_eq!(devices.choices(Share::Part(300)).count(), 2);
    /// assert_eq!(devices.choices(Share::Part(300)).next(), Some(first));
    /// assert_eq!(devices.choices(Share::Whole(4)).next(), None);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn choices(&self, share: Share) -> impl Iterator<Item = DeviceSet> + use<> {
        let devices = *self;
        let mut above = 0;
        core::iter::from_fn(move || {
            let chosen = match share {
                Share::None => (above == 0).then_some(DeviceSet::EMPTY),
                Share::Whole(count) => (above == 0).then(|| devices.first_whole(count)).flatten(),
                Share::Part(part) => devices.tightest(part.max(above)),
            }?;
            above = match share {
                Share::Part(_) => devices.least_free(chosen) + 1,
                Share::None | Share::Whole(_) => 1,
            };
            Some(chosen)
        })
    }

    /// Takes a share from the chosen devices; false, and nothing taken, where they do not have it.
    pub fn take(&mut self, chosen: DeviceSet, share: Share) -> bool {
        let amount = share.of_each();
        let enough = self.members(chosen).all(|free| free >= amount);
        if !enough || chosen.len() != share.devices() {
            return false;
        }
        self.change(chosen, |free| free - amount);
        true
    }

    /// Gives a share back to the devices that it was taken from; no device becomes more than whole.
    pub fn give_back(&mut self, chosen: DeviceSet, share: Share) {
        let amount = share.of_each();
        self.change(chosen, |free| free.saturating_add(amount).min(Self::WHOLE));
    }

    fn change(&mut self, chosen: DeviceSet, to: impl Fn(u16) -> u16) {
        for device in chosen.iter() {
            if let Some(free) = self.free.get_mut(device) {
                *free = to(*free);
            }
        }
    }

    /// What is free of each chosen device; 0 for one that does not exist.
    fn members(&self, chosen: DeviceSet) -> impl Iterator<Item = u16> {
        chosen
            .iter()
            .map(|device| self.free().get(device).copied().unwrap_or(0))
    }

    fn least_free(&self, chosen: DeviceSet) -> u16 {
        self.members(chosen).min().unwrap_or(0)
    }

    fn tightest(&self, at_least: u16) -> Option<DeviceSet> {
        let enough = self
            .free()
            .iter()
            .enumerate()
            .filter(|(_, free)| **free >= at_least);
        let (device, _) = enough.min_by_key(|(_, free)| **free)?;
        Some(DeviceSet::EMPTY.with(device))
    }

    fn first_whole(&self, count: u8) -> Option<DeviceSet> {
        let whole = self
            .free()
            .iter()
            .enumerate()
            .filter(|(_, free)| **free == Self::WHOLE);
        let chosen = whole
            .take(usize::from(count))
            .fold(DeviceSet::EMPTY, |set, (device, _)| set.with(device));
        (chosen.len() == usize::from(count)).then_some(chosen)
    }
}

/// Which accelerators of a node, by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceSet(u16);

impl DeviceSet {
    /// None of them.
    pub const EMPTY: Self = Self(0);

    /// The set with one more device; an index of [`Devices::MAX`] or more changes nothing.
    #[must_use]
    pub const fn with(self, device: usize) -> Self {
        if device < Devices::MAX {
            Self(self.0 | 1 << device)
        } else {
            self
        }
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their indices, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Devices::MAX).filter(move |device| self.0 >> device & 1 == 1)
    }
}
