//! Making durable what was written and merged.

use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};

use crate::causal_context::{CausalContext, Run};
use crate::dot::Dot;
use crate::replica::book::{Birth, Book, Place};
use crate::replica::index::Index;
use crate::replica::record::{self, ActorRecord, Batch};
use crate::replica::{Replica, Scratch, kept};
use crate::store::{Store, Table};
use crate::value::Sink;

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
        if self.dirty.is_empty() && self.covers.is_empty() && self.gone.is_empty() {
            return Ok(());
        }
        let news = self.news();
        news.apply(&mut self.ahead);
        let mut batch = core::mem::take(&mut self.batch);
        self.put_records(&mut batch);
        let stored = self.store.commit(&mut batch.iter());
        batch.clear();
        self.batch = batch;
        stored.map_err(CommitError)?;
        news.apply(&mut self.context);
        for &(dot, place) in &news.live {
            self.index.insert(dot, place);
        }
        let book = &self.book;
        self.index.sweep(|number, dot, place| {
            book.holds(place, dot)
                || book.shelf_at(place.shelf).is_some_and(|shelf| {
                    shelf.birth(place.cell) == Birth::new(number, dot.counter())
                })
        });
        self.dirty.clear();
        self.covers.clear();
        self.gone.clear();
        self.recorded = (self.book.state_count(), self.index.actors().len());
        self.revision = self.revision.wrapping_add(1);
        Ok(())
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
            let is_present = book
                .field(place.shelf)
                .is_some_and(|field| field.is_present(place.cell));
            if (!is_present || dots.len() > 1) && !dots.is_empty() {
                remains.wait(place);
            }
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
                || !self.gone.is_empty()
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
    for dot in dots {
        // Numbers for actors that came with this cell; without one, the cell is not written by number.
        let _ = index.number(dot.actor());
    }
    let Some(shelf) = book.shelf_mut(place.shelf) else {
        return;
    };
    if shelf.birth(place.cell) == Birth::default()
        && let Some(number) = index.number_of(first.actor())
    {
        shelf.set_birth(place.cell, Birth::new(number, first.counter()));
    }
}

/// The record of one cell, or its removal if nothing is left of the cell.
fn put_cell(
    book: &Book,
    index: &Index,
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
        for &dot in &self.dead {
            context.forget(dot);
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
