//! [`Store`]: the frames, in no order; which one is next is looked up.

use gofarm_core::time::Instant;

use crate::lorawan::{Priority, Uplink};

/// A frame and its history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<const LEN: usize> {
    bytes: [u8; LEN],
    len: usize,
    pub(super) port: u8,
    pub(super) priority: Priority,
    key: Option<u16>,
    pub(super) is_confirmed: bool,
    pub(super) tries: u8,
    pub(super) not_before: Instant,
    /// Counts up with each frame: the lesser is older.
    number: u32,
}

impl<const LEN: usize> Entry<LEN> {
    pub(super) fn payload(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Takes over a newer frame with the same key; the place in the order stays.
    pub(super) fn replace(&mut self, uplink: &Uplink<'_>) {
        self.len = uplink.payload.len();
        for (to, from) in self.bytes.iter_mut().zip(uplink.payload) {
            *to = *from;
        }
        self.port = uplink.port;
        self.is_confirmed = uplink.is_confirmed;
        self.tries = 0;
    }
}

#[derive(Clone, Debug)]
pub(super) struct Store<const N: usize, const LEN: usize> {
    entries: [Option<Entry<LEN>>; N],
    next_number: u32,
}

impl<const N: usize, const LEN: usize> Store<N, LEN> {
    pub(super) const fn new() -> Self {
        Self {
            entries: [None; N],
            next_number: 0,
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<LEN>> {
        self.entries.iter().flatten()
    }

    pub(super) fn len(&self) -> u32 {
        self.entries().zip(1..).last().map_or(0, |(_, count)| count)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Entry<LEN>> {
        self.entries.get(place)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Entry<LEN>> {
        self.entries.get_mut(place)?.as_mut()
    }

    /// Puts a frame into a free place; `false` if there is none.
    pub(super) fn insert(&mut self, now: Instant, uplink: &Uplink<'_>) -> bool {
        let Some(slot) = self.entries.iter_mut().find(|slot| slot.is_none()) else {
            return false;
        };
        let mut entry = Entry {
            bytes: [0; LEN],
            len: 0,
            port: uplink.port,
            priority: uplink.priority,
            key: uplink.key,
            is_confirmed: false,
            tries: 0,
            not_before: now,
            number: self.next_number,
        };
        entry.replace(uplink);
        *slot = Some(entry);
        self.next_number = self.next_number.saturating_add(1);
        true
    }

    /// The waiting frame whose place `uplink` takes.
    pub(super) fn superseded_by(
        &mut self,
        uplink: &Uplink<'_>,
        in_flight: Option<usize>,
    ) -> Option<&mut Entry<LEN>> {
        let key = uplink.key?;
        let slots = self.entries.iter_mut().enumerate();
        let waiting = slots.filter(|(place, _)| Some(*place) != in_flight);
        waiting
            .filter_map(|(_, slot)| slot.as_mut())
            .find(|entry| entry.key == Some(key) && entry.priority == uplink.priority)
    }

    /// Removes the frame that gives way to one of `priority`, and says its priority.
    pub(super) fn victim(
        &mut self,
        priority: Priority,
        in_flight: Option<usize>,
    ) -> Option<Priority> {
        let slots = self.entries.iter().enumerate();
        let waiting = slots.filter(|(place, _)| Some(*place) != in_flight);
        let candidates = waiting.filter_map(|(place, slot)| Some((place, slot.as_ref()?)));
        let (place, entry) = candidates
            .filter(|(_, entry)| entry.priority >= priority && entry.priority > Priority::Alarm)
            .max_by_key(|(_, entry)| (entry.priority, core::cmp::Reverse(entry.number)))?;
        let lost = entry.priority;
        self.remove(place);
        Some(lost)
    }

    pub(super) fn remove(&mut self, place: usize) {
        if let Some(slot) = self.entries.get_mut(place) {
            *slot = None;
        }
    }

    pub(super) fn delay(&mut self, place: usize, until: Instant) {
        if let Some(entry) = self.get_mut(place) {
            entry.not_before = until;
        }
    }

    /// Makes every frame due: the reason to wait is gone.
    pub(super) fn release(&mut self) {
        for entry in self.entries.iter_mut().flatten() {
            entry.not_before = Instant::ZERO;
        }
    }

    /// The place of the most urgent frame of at most `max` bytes that is due, or when one will be. A probe is sent when the
    /// link's own time has come, so it asks for no frame's.
    pub(super) fn next(&self, now: Instant, max: usize, is_probe: bool) -> Result<usize, Instant> {
        let mut next: Option<(usize, &Entry<LEN>)> = None;
        let mut until = Instant::FAR_FUTURE;
        for (place, slot) in self.entries.iter().enumerate() {
            let Some(entry) = slot.as_ref().filter(|entry| entry.len <= max) else {
                continue;
            };
            if entry.not_before > now && !is_probe {
                until = until.min(entry.not_before);
                continue;
            }
            let order = (entry.priority, entry.number);
            if next.is_none_or(|(_, best)| order < (best.priority, best.number)) {
                next = Some((place, entry));
            }
        }
        next.map(|(place, _)| place).ok_or(until)
    }
}
