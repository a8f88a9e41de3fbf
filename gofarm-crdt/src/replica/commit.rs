//! Making durable what was written and merged.

use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};

use crate::causal_context::{CausalContext, Run};
use crate::dot::Dot;
use crate::replica::book::{Birth, Book, Place};
use crate::replica::dirty::Dirty;
use crate::replica::index::Index;
use crate::replica::record::{self, ActorRecord, Batch};
use crate::replica::{Replica, Scratch, kept, signal};
use crate::store::{Record, Store, Table};
use crate::value::Sink;
use crate::watch::Report;

/// A batch on its way to the store, while the replica goes on.
#[derive(Debug)]
pub(super) struct Committing {
    dirty: Dirty,
    news: News,
    gone: Vec<Vec<u8>>,
    recorded: (u32, usize),
    report: Report,
}

impl Committing {
    pub(super) fn holds(&self, place: Place) -> bool {
        self.dirty.holds(place)
    }

    /// Learns that a cell has another number now.
    pub(super) fn moved(&mut self, from: Place, to: Place) {
        self.dirty.moved(from, to);
        for (_, place) in &mut self.news.live {
            if *place == from {
                *place = to;
            }
        }
    }
}

/// The records of one commit, for a store that is elsewhere; see [`Replica::begin_commit`].
#[derive(Debug)]
#[must_use = "a replica commits nothing else before this is finished"]
pub struct CommitBatch {
    batch: Batch,
}

impl CommitBatch {
    /// The records, to be made durable together.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.batch.iter()
    }

    /// The bytes of all keys and values.
    #[must_use]
    pub fn size(&self) -> usize {
        self.batch.bytes()
    }
}

impl<S: Store> Replica<S> {
    /// Makes all that was written and merged since the last commit durable, together.
    ///
    /// Afterwards it may be acknowledged and sent; sessions see it by themselves. A commit with nothing to
    /// do touches no disk. Cost: O(cells that changed).
    ///
    /// # Errors
    /// [`CommitError`] when the store failed: the writes are still in memory and not durable; commit again
    /// when the store is better.
    pub fn commit(&mut self) -> Result<(), CommitError<S::Error>> {
        let keep = match self.store.keeps_records() {
            true => Self::put_records,
            false => |_: &mut Self, _: &mut Batch| (),
        };
        let Some(batch) = self.take_batch(keep) else {
            return Ok(());
        };
        let stored = self.store.commit(&mut batch.records());
        self.finish_commit(batch, stored.is_ok());
        stored.map_err(CommitError)
    }
}

impl<S> Replica<S> {
    /// Takes all that was written and merged since the last commit as one batch, for a store that another
    /// thread writes to; nothing if there is nothing to do or the last batch was not finished.
    ///
    /// The replica may be read, written and synchronised while the batch is under way; what is in it is
    /// neither acknowledged nor sent before it was [finished](Self::finish_commit).
    pub fn begin_commit(&mut self) -> Option<CommitBatch> {
        self.take_batch(Self::put_records)
    }

    fn take_batch(&mut self, put_records: fn(&mut Self, &mut Batch)) -> Option<CommitBatch> {
        let is_idle = self.dirty.is_empty() && self.covers.is_empty() && self.gone.is_empty();
        if is_idle || self.committing.is_some() {
            return None;
        }
        let news = self.news();
        news.apply(&mut self.ahead);
        let report = self.report();
        let mut batch = core::mem::take(&mut self.batch);
        put_records(self, &mut batch);
        self.remains.set_changed(false);
        self.covers.clear();
        self.committing = Some(Committing {
            dirty: core::mem::take(&mut self.dirty),
            news,
            gone: core::mem::take(&mut self.gone),
            recorded: (self.book.state_count(), self.index.actors().len()),
            report,
        });
        Some(CommitBatch { batch })
    }

    /// Ends a commit that was begun: its batch is durable, or nothing of it is and the next takes it along.
    pub fn finish_commit(&mut self, batch: CommitBatch, is_durable: bool) {
        let Some(committing) = self.committing.take() else {
            return;
        };
        let count = committing.dirty.len();
        let Committing {
            mut dirty,
            news,
            mut gone,
            recorded,
            report,
        } = committing;
        if is_durable {
            news.apply(&mut self.context);
            for &(dot, place) in &news.live {
                self.index.insert(dot, place);
            }
            self.sweep();
            self.recorded = recorded;
            self.revision = self.revision.wrapping_add(1);
            let book = &self.book;
            self.watches
                .publish(report, self.revision, |state| book.name(state));
            self.observer
                .as_ref()
                .observe(&signal::COMMITTED.count(count as u64));
            self.observer
                .as_ref()
                .observe(&signal::RECORD_BYTES.count(batch.size() as u64));
            dirty.clear();
            if self.dirty.is_empty() {
                // Its memory is used again.
                self.dirty = dirty;
            }
        } else {
            self.watches.take_back(&report);
            self.remains.set_changed(true);
            dirty.absorb(&self.dirty);
            self.dirty = dirty;
            gone.append(&mut self.gone);
            self.gone = gone;
            self.covers.extend(news.covered);
        }
        self.batch = batch.batch;
        self.batch.clear();
    }

    fn sweep(&mut self) {
        let book = &self.book;
        self.index.sweep(|number, dot, place| {
            book.holds(place, dot)
                || book.shelf_at(place.shelf).is_some_and(|shelf| {
                    shelf.birth(place.cell) == Birth::new(number, dot.counter())
                })
        });
    }

    /// The key of a cell's record.
    pub(super) fn gone_key(&mut self, place: Place) -> Option<Vec<u8>> {
        let shelf = self.book.shelf_at(place.shelf)?;
        let key = &mut self.scratch.key;
        key.clear();
        self.book.field(place.shelf)?.key(place.cell, key);
        let mut record = Vec::new();
        record::put_cell_key(shelf.state, shelf.field, key, &mut record);
        Some(record)
    }

    /// What this batch changes in the context, and births for cells that were first written here.
    fn news(&mut self) -> News {
        let Self {
            book,
            index,
            dirty,
            scratch: Scratch { dots, .. },
            context,
            remains,
            ..
        } = self;
        let mut news = News {
            own: Dot::new(self.actor, self.last),
            live: Vec::new(),
            dead: Vec::new(),
            covered: self.covers.clone(),
        };
        for cell in dirty.cells() {
            let place = cell.place;
            dots.clear();
            book.dots(place, dots);
            let before = dirty.before(cell);
            for &dot in dots.iter() {
                if !before.contains(&dot) {
                    news.live.push((dot, place));
                }
            }
            for &dot in before {
                if !dots.contains(&dot) && !context.prefix().covers(dot) {
                    news.dead.push(dot);
                }
            }
            give_birth(book, index, place, dots);
            remains.wait_if_any(book, place);
        }
        news.live.sort_unstable_by_key(|(dot, _)| *dot);
        news
    }

    fn put_records(&mut self, batch: &mut Batch) {
        let Self {
            book,
            index,
            dirty,
            scratch: Scratch { kept, key, .. },
            ..
        } = self;
        for key in &self.gone {
            batch.remove(Table::Cells, |out| out.put(key));
        }
        for cell in dirty.cells() {
            put_cell(book, index, cell.place, kept, key, batch);
        }
        if self.recorded == (0, 0) {
            batch.put(
                Table::Meta,
                |out| out.put(record::FORMAT_KEY),
                |out| out.put_varint(record::FORMAT),
            );
        }
        for state in self.recorded.0..book.state_count() {
            batch.put(
                Table::States,
                |out| out.put_varint(u64::from(state)),
                |out| out.put(book.name(state).as_bytes()),
            );
        }
        for (number, &actor) in (0..).zip(index.actors()) {
            let actor = ActorRecord {
                actor,
                known: self.ahead.prefix().get(actor),
                collected: self.remains.collected().get(actor),
            };
            let is_new = usize::from(number) >= self.recorded.1;
            if is_new
                || self.remains.is_changed()
                || actor.known != self.context.prefix().get(actor.actor)
            {
                batch.put(
                    Table::Meta,
                    |out| record::put_actor_key(number, out),
                    |out| record::put_actor(&actor, out),
                );
            }
        }
        batch.put(
            Table::Meta,
            |out| out.put(record::CLOCK_KEY),
            |out| out.put_varint(self.clock.last().to_bits()),
        );
    }
}

/// Gives a cell that has none a birth dot: one that it holds now.
fn give_birth(book: &mut Book, index: &mut Index, place: Place, dots: &[Dot]) {
    let Some(&first) = dots.first() else {
        return;
    };
    let Some(shelf) = book.shelf_mut(place.shelf) else {
        return;
    };
    if shelf.birth(place.cell) == Birth::default()
        && let Some(number) = index.number(first.actor())
    {
        shelf.set_birth(place.cell, Birth::new(number, first.counter()));
    }
}

/// The record of one cell, or its removal if nothing is left of the cell.
fn put_cell(
    book: &Book,
    index: &mut Index,
    place: Place,
    kept: &mut kept::Kept,
    key: &mut Vec<u8>,
    batch: &mut Batch,
) {
    let (Some(shelf), Some(field)) = (book.shelf_at(place.shelf), book.field(place.shelf)) else {
        return;
    };
    key.clear();
    field.key(place.cell, key);
    let (state, number) = (shelf.state, shelf.field);
    kept.clear();
    field.write(place.cell, kept);
    let cell_key = |out: &mut Vec<u8>| record::put_cell_key(state, number, key, out);
    let birth = shelf.birth(place.cell).parts().unwrap_or_default();
    kept.with(|content| {
        batch.put(Table::Cells, cell_key, |out| {
            out.put_varint(u64::from(birth.0));
            out.put_varint(birth.1);
            kept::put(content, out, |dot, out| record::put_dot(index, dot, out));
        });
    })
    .unwrap_or_else(|| batch.remove(Table::Cells, cell_key));
}

/// What a batch changes in the context.
#[derive(Debug)]
struct News {
    own: Dot,
    /// Dots that cells hold now and did not hold before, sorted.
    live: Vec<(Dot, Place)>,
    /// Dots that no cell holds any more, above the prefix.
    dead: Vec<Dot>,
    covered: Vec<Dot>,
}

impl News {
    fn apply(&self, context: &mut CausalContext) {
        for &dot in &self.covered {
            context.raise(dot);
        }
        context.raise(self.own);
        // Before the live ones: a dot may have moved to another cell.
        for &dot in &self.dead {
            context.forget(dot);
        }
        let mut live = self.live.iter().map(|(dot, _)| *dot).peekable();
        while let Some(first) = live.next() {
            let mut last = first;
            while let Some(next) = live.next_if(|next| Some(*next) == last.next()) {
                last = next;
            }
            if let Some(run) = Run::new(first.actor(), first.counter(), last.counter()) {
                context.insert_run(run);
            }
        }
    }
}

/// The store could not make a batch durable; everything is still in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing was made durable: {0}")]
pub struct CommitError<E>(#[source] pub E);

impl<E: Classify> Classify for CommitError<E> {
    fn kind(&self) -> Kind {
        self.0.kind()
    }
}
