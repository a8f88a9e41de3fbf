//! Telling subscribers what became durable; see [`crate::watch`].

use gofarm_core::time::Instant;

use crate::clock::Now;
use crate::replica::dirty::DirtyCell;
use crate::replica::{Replica, Scratch};
use crate::watch::{CellChange, Changed, Due, Mark, Report, Watch, WatchEvent, WatchOptions};

impl<S> Replica<S> {
    /// Listens to all states whose names start with a prefix, registered here or not.
    ///
    /// The first event is [`WatchEvent::Resync`]. What is told, and when: see [`crate::watch`]. Its prefix is
    /// tested once for each state; a change under it costs a commit O(log waiting keys), any other nothing.
    ///
    #[cfg_attr(feature = "derive", doc = "```")]
    #[cfg_attr(not(feature = "derive"), doc = "```ignore")]
    /// use gofarm_core::time::{Instant, millis};
    /// use gofarm_crdt::clock::Now;
    /// use gofarm_crdt::dot::ReplicaId;
    /// use gofarm_crdt::register::Lww;
    /// use gofarm_crdt::store::MemoryStore;
    /// use gofarm_crdt::watch::{What, WatchEvent};
    /// use gofarm_crdt::{Replica, Replicated};
    ///
    /// #[derive(Replicated, Default)]
    /// struct ValveState {
    ///     open: Lww<bool>,
    /// }
    ///
    /// let at = |ms| Now::new(Instant::from_millis(ms), None);
    /// let mut replica = Replica::open(MemoryStore::new(ReplicaId::new(7), 42), at(0))?;
    /// let valve = replica.register::<ValveState>("valve-control/7")?;
    /// let changes = replica.watch("valve-control/");
    /// assert!(matches!(replica.poll_change(at(0), &changes), Some(WatchEvent::Resync(_))));
    ///
    /// replica.update(at(0), &valve, |v| v.open.set(true));
    /// replica.commit()?;
    /// let Some(WatchEvent::Changed(opened)) = replica.poll_change(at(0), &changes) else {
    ///     unreachable!("what comes to be is told at once");
    /// };
    /// assert_eq!((opened.state(), opened.what()), ("valve-control/7", What::Created));
    ///
    /// replica.update(at(1), &valve, |v| v.open.set(false));
    /// replica.commit()?;
    /// assert_eq!(replica.poll_change(at(1), &changes), None);
    /// assert_eq!(replica.poll_watch_timeout(&changes), Some(Instant::ZERO + millis(101)));
    /// assert!(replica.poll_change(at(101), &changes).is_some());
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn watch(&mut self, options: impl Into<WatchOptions>) -> Watch {
        self.watch_from(options, None)
    }

    /// Goes on with a watch after the mark up to which its subscriber has applied everything.
    ///
    /// What changed since the mark is due at once. If that is not known any more, or the mark is missing or
    /// of another run of the replica, the first event is [`WatchEvent::Resync`]. The mark must come from a
    /// watch whose prefix had at least the same states; this is not checked.
    ///
    /// Cost: O(changes remembered).
    pub fn watch_from(
        &mut self,
        options: impl Into<WatchOptions>,
        mark: impl Into<Option<Mark>>,
    ) -> Watch {
        let applied = mark
            .into()
            .filter(|mark| mark.run() == self.owner)
            .map(Mark::revision);
        let book = &self.book;
        let id = self
            .watches
            .add(options.into(), applied, self.revision, |state| {
                book.name(state)
            });
        Watch {
            id,
            owner: self.owner,
        }
    }

    /// Ends a watch and forgets what it has not heard.
    ///
    /// # Panics
    /// If the watch is of another replica.
    pub fn unwatch(&mut self, watch: Watch) {
        let id = self.id_of(&watch);
        self.watches.remove(id);
    }

    /// The next event of a watch that is due, if any is.
    ///
    /// Call it until it gives nothing, after each commit and at the time that
    /// [`poll_watch_timeout`](Self::poll_watch_timeout) says. Cost: O(log waiting keys).
    ///
    /// # Panics
    /// If the watch is of another replica.
    pub fn poll_change(&mut self, now: Now, watch: &Watch) -> Option<WatchEvent> {
        let id = self.id_of(watch);
        let due = self.watches.poll(id, now.instant())?;
        let mark = self.watch_mark(watch)?;
        Some(match due {
            Due::Resync => WatchEvent::Resync(mark),
            Due::Change(change) => WatchEvent::Changed(Changed {
                state: self.book.name(change.state).into(),
                field: change.field,
                what: change.what(),
                key: change.key,
                mark,
            }),
        })
    }

    /// When a watch has its next event; an instant that has passed means at once, nothing means not before
    /// the next commit.
    ///
    /// # Panics
    /// If the watch is of another replica.
    #[must_use]
    pub fn poll_watch_timeout(&self, watch: &Watch) -> Option<Instant> {
        self.watches.timeout(self.id_of(watch))
    }

    /// Up to where a subscriber that handled every event of a watch so far has applied everything; nothing
    /// while a resync is due.
    ///
    /// It moves on with commits that have nothing for the watch, where the marks of events stand still.
    ///
    /// # Panics
    /// If the watch is of another replica.
    #[must_use]
    pub fn watch_mark(&self, watch: &Watch) -> Option<Mark> {
        let applied = self.watches.applied(self.id_of(watch), self.revision)?;
        Some(Mark::new(self.owner, applied))
    }

    fn id_of(&self, watch: &Watch) -> u64 {
        assert_eq!(watch.owner, self.owner, "a watch of another replica");
        watch.id
    }

    /// What the batch that is being made will tell. Without a watch it is empty and takes no memory.
    pub(super) fn report(&mut self) -> Report {
        if !self.watches.is_listening() {
            return Report::default();
        }
        let mut report = self.watches.begin_report();
        if !report.is_other_state {
            let cells = self.dirty.cells().len();
            report.changes.reserve(cells);
            for at in 0..cells {
                report.changes.extend(self.change(at));
            }
        }
        report
    }

    /// What a reader sees of one changed cell, if anything.
    fn change(&mut self, at: usize) -> Option<CellChange> {
        let DirtyCell {
            place,
            was_present,
            is_shown,
            ..
        } = *self.dirty.cells().get(at)?;
        let Scratch { key, dots, .. } = &mut self.scratch;
        let shelf = self.book.shelf_at(place.shelf)?;
        let field = self.book.field(place.shelf)?;
        let is_present = field.is_present(place.cell);
        if !is_shown && was_present == is_present {
            return None;
        }
        // What the state's type cannot read is not there for its readers.
        if shelf.raw && self.book.has_field(shelf.state, shelf.field) {
            return None;
        }
        dots.clear();
        self.book.dots(place, dots);
        if dots.is_empty() {
            // A write that was undone, or a cell that moved.
            return None;
        }
        key.clear();
        field.key(place.cell, key);
        Some(CellChange {
            state: shelf.state,
            field: shelf.field,
            key: key.as_slice().into(),
            was_present,
            is_present,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dot::ReplicaId;
    use crate::field::{Edit, Field, Pen};
    use crate::map::LwwMap;
    use crate::state::{FieldName, Replicated};
    use crate::store::MemoryStore;

    #[derive(Debug, Default)]
    struct Notes(LwwMap<u32, u32>);

    const NOTES: FieldName = FieldName::new("notes");

    impl Replicated for Notes {
        type Edit<'a> = Edit<'a, LwwMap<u32, u32>>;

        const FIELDS: &'static [FieldName] = &[NOTES];

        fn field(&self, number: u16) -> Option<&dyn Field> {
            (number == NOTES.number()).then_some(&self.0 as &dyn Field)
        }

        fn field_mut(&mut self, number: u16) -> Option<&mut dyn Field> {
            (number == NOTES.number()).then_some(&mut self.0 as &mut dyn Field)
        }

        fn edit<'a>(&'a mut self, pen: &'a Pen<'a>) -> Self::Edit<'a> {
            pen.edit(&mut self.0, NOTES.number())
        }
    }

    #[test]
    fn without_a_watch_nothing_is_remembered_and_with_one_it_is_bounded() {
        let now = Now::new(Instant::ZERO, None);
        let store = MemoryStore::new(ReplicaId::new(1), 1);
        let mut replica = Replica::open(store, now).expect("an empty store opens");
        let notes = replica.register::<Notes>("notes").expect("a name");
        let steps = if cfg!(miri) { 50 } else { 5_000 };
        let write = |replica: &mut Replica<MemoryStore>| {
            for n in 0..steps {
                replica.update(now, &notes, |notes| notes.insert(n, n));
                let report = replica.report();
                let remembered = replica.watches.remembered();
                if !replica.watches.is_listening() {
                    assert_eq!((report.changes.capacity(), remembered), (0, [0; 3]));
                }
                replica.commit().expect("memory takes it");
            }
        };
        write(&mut replica);
        let watch = replica.watch(WatchOptions::new("").with_capacity(20));
        assert!(replica.poll_change(now, &watch).is_some());
        write(&mut replica);
        let [waiting, recorded, states] = replica.watches.remembered();
        assert!(waiting <= 20 && recorded <= 1_000, "{waiting}, {recorded}");
        assert_eq!(states, 1);
    }
}
