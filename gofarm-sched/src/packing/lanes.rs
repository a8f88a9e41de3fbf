//! [`Lanes`]: the most frequent asks of a mix side by side, so that one node is held against all of them at once.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::Mix;
use crate::node::Node;
use crate::resource::{Devices, Resources, Share};

/// The `N` most frequent asks of a mix.
#[derive(Clone, Debug)]
pub(super) struct Lanes<const N: usize> {
    /// Of a device with so much free, how many parts of the ask's size it has; indexed by what is free.
    parts: Box<[[u16; N]]>,
    /// The asks for more than one device, with how many.
    several: Vec<(usize, u16)>,
    /// 1 over the processors, in thousandths, that the ask needs.
    per_cpu: [f32; N],
    /// 1 over the memory, in bytes, that the ask needs.
    per_memory: [f32; N],
    /// What the ask takes, in devices.
    takes: [f32; N],
    /// How frequent the ask is on each model, the rest being refused there; ascending.
    models: Vec<(Box<str>, [f32; N])>,
    /// How frequent the ask is without a word about models.
    any_model: [f32; N],
}

/// A copy that is short by no more than rounding.
const ALMOST_ONE: f32 = 0.9999;

impl<const N: usize> Lanes<N> {
    /// `None` for an empty mix.
    #[expect(clippy::cast_precision_loss, reason = "frequencies need no more")]
    pub(super) fn new(mix: &Mix) -> Option<Self> {
        let mut asks = mix.by_ask();
        asks.truncate(N);
        let kinds = || asks.iter().flat_map(|(_, same)| same.iter());
        let total: f32 = kinds().map(|kind| kind.count as f32).sum();
        if total <= 0.0 {
            return None;
        }
        let mut models: Vec<Box<str>> = kinds().flat_map(|k| k.models.iter().cloned()).collect();
        models.sort_unstable();
        models.dedup();

        let mut lanes = Self {
            parts: vec![[0; N]; usize::from(Devices::WHOLE) + 1].into(),
            several: Vec::new(),
            per_cpu: [0.0; N],
            per_memory: [0.0; N],
            takes: [0.0; N],
            models: models.into_iter().map(|m| (m, [0.0; N])).collect(),
            any_model: [0.0; N],
        };
        for (lane, (ask, same)) in asks.iter().enumerate() {
            let share = ask.devices();
            let of_each = share.of_each().max(1);
            for (free, row) in (0..=Devices::WHOLE).zip(&mut lanes.parts) {
                row[lane] = free / of_each;
            }
            if let Share::Whole(count @ 2..) = share {
                lanes.several.push((lane, u16::from(count)));
            }
            lanes.per_cpu[lane] = 1.0 / (ask.cpu_milli() as f32).max(1e-6);
            lanes.per_memory[lane] = 1.0 / (ask.memory() as f32).max(1e-6);
            lanes.takes[lane] = share.total() as f32 / f32::from(Devices::WHOLE);
            for kind in same {
                let frequency = kind.count as f32 / total;
                if kind.models.is_empty() {
                    lanes.any_model[lane] += frequency;
                }
                for (model, row) in &mut lanes.models {
                    if kind.models.is_empty() || kind.models.contains(model) {
                        row[lane] += frequency;
                    }
                }
            }
        }
        Some(lanes)
    }

    /// How frequent each ask is that accepts a node's model of accelerator.
    pub(super) fn frequencies(&self, node: &Node) -> &[f32; N] {
        let known = node.model().and_then(|model| {
            let at = self.models.binary_search_by(|(m, _)| (**m).cmp(model));
            self.models.get(at.ok()?)
        });
        known.map_or(&self.any_model, |(_, row)| row)
    }

    /// The devices that a stream of typical work could use of what is free: over the asks, what copies of that one
    /// ask would take until the first resource is short, by frequency.
    ///
    /// Processors and memory are not rounded down to whole copies, for the last piece may be another work's; less
    /// than one copy is none.
    pub(super) fn usable(&self, free: &Resources, frequencies: &[f32; N]) -> f32 {
        let mut parts = [0_u16; N];
        for row in self.rows(free).map(|(row, _)| row) {
            for (sum, parts) in parts.iter_mut().zip(row) {
                *sum += parts;
            }
        }
        for &(lane, count) in &self.several {
            parts[lane] /= count;
        }
        let by_other = self.copies_by_other(free);
        let mut usable = 0.0;
        for lane in 0..N {
            let copies = f32::from(parts[lane]).min(by_other[lane]);
            let copies = if copies < ALMOST_ONE { 0.0 } else { copies };
            usable += frequencies[lane] * self.takes[lane] * copies;
        }
        usable
    }

    /// The devices that typical work cannot use of what is free, as FGD has it: where an ask does not fit, all that
    /// is free; where it does, devices that have less than it needs of one. By frequency.
    pub(super) fn fragments(&self, free: &Resources, frequencies: &[f32; N]) -> f32 {
        let mut parts = [0_u16; N];
        let mut too_small = [0_u16; N];
        for (row, amount) in self.rows(free) {
            for lane in 0..N {
                parts[lane] += row[lane];
                too_small[lane] += if row[lane] == 0 { amount } else { 0 };
            }
        }
        for &(lane, count) in &self.several {
            parts[lane] /= count;
        }
        let by_other = self.copies_by_other(free);
        let all = devices_free(free);
        let mut fragments = all;
        for lane in 0..N {
            let fits = f32::from(parts[lane]).min(by_other[lane]) >= ALMOST_ONE;
            let small = f32::from(too_small[lane]) / f32::from(Devices::WHOLE);
            fragments -= if fits {
                frequencies[lane] * (all - small)
            } else {
                0.0
            };
        }
        fragments
    }

    /// Each device that is not taken, by its parts and what is free of it.
    fn rows<'a>(&'a self, free: &'a Resources) -> impl Iterator<Item = (&'a [u16; N], u16)> {
        let begun = free.devices().free().iter().filter(|amount| **amount > 0);
        begun.filter_map(|&amount| Some((self.parts.get(usize::from(amount))?, amount)))
    }

    /// How many copies processors and memory are enough for.
    #[expect(clippy::cast_precision_loss, reason = "amounts need no more")]
    fn copies_by_other(&self, free: &Resources) -> [f32; N] {
        // A little more of each, so that an ask for none of it fits where none is free.
        let cpu = free.cpu_milli() as f32 + 1e-3;
        let memory = free.memory() as f32 + 1.0;
        core::array::from_fn(|lane| (cpu * self.per_cpu[lane]).min(memory * self.per_memory[lane]))
    }
}

/// What is free of all accelerators, in devices.
#[expect(clippy::cast_precision_loss, reason = "at most 16 000")]
pub(super) fn devices_free(free: &Resources) -> f32 {
    free.devices().total_free() as f32 / f32::from(Devices::WHOLE)
}
