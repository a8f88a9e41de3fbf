//! The ids that a device has accepted, and how it forgets them without letting one in again.
//!
//! An id may be evicted only when its expiry has passed by the device's wall clock. That alone is not enough: if
//! the clock steps back afterwards, the same command looks fresh again. So the greatest expiry of all evicted ids
//! is kept, and an unknown id that does not expire after it is refused as a possible repeat.

use super::CommandId;
use crate::time::UnixMillis;

/// What became of an accepted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Accepted; its effect may have happened or may be about to.
    Accepted,
    /// Its effect was reported.
    Executed,
    /// Nobody knows.
    Indeterminate,
}

/// One accepted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: CommandId,
    pub(super) expires: UnixMillis,
    pub(super) phase: Phase,
    /// Indeterminate and not handed out yet; not persisted, so a restart hands it out again.
    pub(super) is_unreported: bool,
}

/// At most `N` accepted commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window<const N: usize> {
    pub(super) entries: [Option<Entry>; N],
    /// The greatest expiry of all evicted ids.
    pub(super) forgotten_until: UnixMillis,
}

/// What an admission replaced, to take it back.
#[derive(Debug)]
pub(super) struct Undo {
    slot: usize,
    entry: Option<Entry>,
    forgotten_until: UnixMillis,
}

/// No slot is free and no id has expired.
#[derive(Debug)]
pub(super) struct Full {
    /// When the first id expires.
    pub(super) first_expiry: UnixMillis,
}

impl<const N: usize> Window<N> {
    /// Holds no id. Not a constant: that would lie in flash, place for place.
    pub(super) fn empty() -> Self {
        Self {
            entries: core::array::from_fn(|_| None),
            forgotten_until: UnixMillis::new(0),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    pub(super) fn find(&mut self, id: CommandId) -> Option<&mut Entry> {
        self.entries.iter_mut().flatten().find(|e| e.id == id)
    }

    pub(super) fn knows(&self, id: CommandId) -> bool {
        self.iter().any(|e| e.id == id)
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.iter().all(Option::is_some)
    }

    /// Takes an id in: into a free slot or in place of the expired id that expired first.
    pub(super) fn admit(
        &mut self,
        id: CommandId,
        expires: UnixMillis,
        wall: UnixMillis,
    ) -> Result<Undo, Full> {
        // A free slot sorts before every expiry.
        let oldest = self
            .entries
            .iter_mut()
            .enumerate()
            .min_by_key(|(_, e)| e.map(|e| e.expires));
        let Some((slot, place)) = oldest else {
            return Err(Full { first_expiry: wall });
        };
        let entry = *place;
        let forgotten_until = self.forgotten_until;
        if let Some(evicted) = entry {
            if evicted.expires > wall {
                return Err(Full {
                    first_expiry: evicted.expires,
                });
            }
            self.forgotten_until = forgotten_until.max(evicted.expires);
        }
        *place = Some(Entry {
            id,
            expires,
            phase: Phase::Accepted,
            is_unreported: false,
        });
        Ok(Undo {
            slot,
            entry,
            forgotten_until,
        })
    }

    pub(super) fn undo(&mut self, undo: Undo) {
        if let Some(place) = self.entries.get_mut(undo.slot) {
            *place = undo.entry;
        }
        self.forgotten_until = undo.forgotten_until;
    }

    /// Makes the accepted commands that `choose` picks indeterminate and returns how many those were.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn give_up(&mut self, choose: &dyn Fn(&Entry) -> bool) -> u64 {
        let mut count = 0;
        for entry in self.entries.iter_mut().flatten() {
            if entry.phase == Phase::Accepted && choose(entry) {
                entry.phase = Phase::Indeterminate;
                entry.is_unreported = true;
                count += 1;
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(n: u8) -> CommandId {
        CommandId::new([n; 16])
    }

    fn admit(window: &mut Window<2>, n: u8, expires: u64, wall: u64) -> Result<Undo, u64> {
        window
            .admit(id(n), UnixMillis::new(expires), UnixMillis::new(wall))
            .map_err(|full| full.first_expiry.as_millis())
    }

    #[test]
    fn the_id_that_expired_first_goes_and_leaves_its_mark() {
        let mut window = Window::<2>::empty();
        admit(&mut window, 1, 20, 0).unwrap();
        admit(&mut window, 2, 10, 0).unwrap();
        assert_eq!(admit(&mut window, 3, 30, 9).unwrap_err(), 10);
        admit(&mut window, 3, 30, 20).unwrap();
        assert!(window.knows(id(1)) && !window.knows(id(2)));
        assert_eq!(window.forgotten_until, UnixMillis::new(10));
        admit(&mut window, 4, 5_000, 4_000).unwrap();
        assert_eq!(window.forgotten_until, UnixMillis::new(20));
    }

    #[test]
    fn an_admission_can_be_taken_back() {
        let mut window = Window::<2>::empty();
        admit(&mut window, 1, 20, 0).unwrap();
        admit(&mut window, 2, 10, 0).unwrap();
        let before = window.clone();
        let undo = admit(&mut window, 3, 30, 20).unwrap();
        assert_ne!(window, before);
        window.undo(undo);
        assert_eq!(window, before);
    }
}
