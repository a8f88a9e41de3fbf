//! The conflicts that a replica found, and what is decided about them.

use alloc::string::String;
use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};

use crate::cell::{CellKind, Content};
use crate::clock::Now;
use crate::conflict::{Conflict, ConflictId, Resolution, Written};
use crate::dot::Dot;
use crate::error::Full;
use crate::field::JoinError;
use crate::replica::book::Place;
use crate::replica::kept::Kept;
use crate::replica::{Replica, Scratch, signal};
use crate::store::Store;

impl<S: Store> Replica<S> {
    /// The concurrent writes that met here and were not resolved, oldest first: the latest 1 000.
    pub fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter()
    }

    /// How many conflicts left the list because later ones needed the room.
    #[must_use]
    pub const fn conflicts_dropped(&self) -> u64 {
        self.conflicts.dropped()
    }

    /// Decides a conflict.
    ///
    /// [`Resolution::Keep`] writes the value anew, so that every replica takes it over whatever the clocks
    /// say; like any write it waits for the next commit.
    ///
    /// # Errors
    /// [`ResolveError`]; nothing was changed.
    pub fn resolve(
        &mut self,
        now: Now,
        id: ConflictId,
        resolution: Resolution,
    ) -> Result<(), ResolveError> {
        let conflict = self.conflicts.get(id).ok_or(ResolveError::Unknown)?;
        if let Resolution::Keep(dot) = resolution {
            let written = [&conflict.here, &conflict.came]
                .into_iter()
                .find(|written| written.dot == dot)
                .ok_or(ResolveError::Stranger(dot))?;
            if written.stamp.is_none() {
                return Err(ResolveError::Typed);
            }
            let value = written.value.clone();
            let (state, field) = (conflict.state.clone(), conflict.field);
            let key = conflict.key.clone();
            self.rewrite(now, &state, field, &key, value.as_deref())?;
        }
        self.conflicts.remove(id);
        Ok(())
    }

    /// Writes an encoded value into a register: what a typed write would do, as a merge.
    fn rewrite(
        &mut self,
        now: Now,
        state: &str,
        field: u16,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), ResolveError> {
        let state = self.book.find(state).ok_or(ResolveError::Unknown)?;
        let raw = !self.book.has_field(state, field);
        let shelf = self.book.shelf(state, field, raw)?;
        let cells = self.book.field(shelf).ok_or(ResolveError::Unknown)?;
        let cell = cells.find(key).ok_or(ResolveError::Unknown)?;
        let mut kept = Kept::default();
        cells.write(cell, &mut kept);
        let stamp = self.clock.tick(now);
        self.watches.written_at(now);
        let dot = Dot::new(self.actor, self.last + 1);
        let seen = kept.replaced(self.actor);
        let slot = self.dirty.note(Place { shelf, cell }, cells);
        self.dirty.show(slot);
        let content = Content::Register {
            stamp,
            dot,
            value,
            seen: &seen,
        };
        if let Some(cells) = self.book.field_mut(shelf, CellKind::Register) {
            cells.join(key, &content)?;
            self.last = dot.counter();
        }
        Ok(())
    }

    /// Puts two writes that met into the list; the scratch memory has the cell as it was.
    pub(super) fn conflict_found(
        &mut self,
        place: Place,
        (here, came): (Dot, Dot),
        content: &Content<'_>,
    ) {
        let Scratch { kept, key, .. } = &mut self.scratch;
        let Some(shelf) = self.book.shelf_at(place.shelf) else {
            return;
        };
        let (state, field) = (String::from(self.book.name(shelf.state)), shelf.field);
        let conflict = Conflict {
            id: self.conflicts.next_id(),
            state,
            field,
            key: key.clone(),
            here: kept
                .with(|content| written(content, here))
                .unwrap_or_else(|| written(content, here)),
            came: written(content, came),
        };
        self.conflicts.push(conflict);
        self.observer.as_ref().observe(&signal::CONFLICTS.count(1));
    }
}

/// One write of a cell, copied.
fn written(content: &Content<'_>, dot: Dot) -> Written {
    let (stamp, value) = match *content {
        Content::Register { stamp, value, .. } => (Some(stamp), value),
        Content::Marks(marks) => {
            let mark = marks.iter().find(|mark| mark.dot == dot);
            (None, mark.and_then(|mark| mark.value))
        }
        Content::Tally(_) => (None, None),
    };
    Written {
        dot,
        stamp,
        value: value.map(Vec::from),
    }
}

/// Why a conflict was not resolved; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such conflict, or its value is gone.
    #[error("no such conflict")]
    Unknown,
    /// The write to keep is none of those that met.
    #[error("{0} is not one of the writes that met")]
    Stranger(Dot),
    /// The field keeps all concurrent values: write the one to keep through its type.
    #[error("the field keeps concurrent values itself: write the one to keep")]
    Typed,
    /// The value could not be written.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// No room.
    #[error(transparent)]
    Full(#[from] Full),
}

impl Classify for ResolveError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
