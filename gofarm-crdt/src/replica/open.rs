//! Opening a store: all cells are read back, still without their types.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};

use crate::causal_context::CausalContext;
use crate::cell::Content;
use crate::clock::{HybridClock, Now};
use crate::conflict::Conflicts;
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::field::JoinError;
use crate::replica::book::{Birth, Book, Place};
use crate::replica::dirty::Dirty;
use crate::replica::index::{ActorNumber, Index};
use crate::replica::kept::Kept;
use crate::replica::record::{self, ActorRecord, Batch};
use crate::replica::stability::Remains;
use crate::replica::{Replica, Scratch};
use crate::store::{Store, Table};
use crate::timestamp::Timestamp;
use crate::value::Reader;
use crate::watch::Watches;

impl<S: Store> Replica<S> {
    /// Opens a store and reads all that is in it. The replica is a new [`Actor`](Self::actor).
    ///
    /// Cost: O(cells) in time and memory.
    ///
    /// # Errors
    /// [`OpenError`] if the store cannot be read, is of a newer layout, or holds what no replica wrote.
    pub fn open(mut store: S, now: Now) -> Result<Self, OpenError<S::Error>> {
        let actor = Actor::new(store.replica(), store.incarnation());
        let meta = Meta::read(&mut store)?;
        let mut replica = Self {
            store,
            actor,
            owner: actor,
            last: 0,
            clock: HybridClock::restore(meta.clock),
            context: CausalContext::new(),
            ahead: CausalContext::new(),
            book: Book::new(),
            index: Index::default(),
            dirty: Dirty::default(),
            committing: None,
            covers: Vec::new(),
            conflicts: Conflicts::default(),
            remains: Remains::default(),
            is_own_only: false,
            watches: Watches::default(),
            adoption: None,
            adoptions: 0,
            gone: Vec::new(),
            recorded: (0, 0),
            revision: 0,
            scratch: Scratch::default(),
            batch: Batch::default(),
            observer: Box::new(()),
        };
        for (number, known) in (0..).zip(meta.actors.values()) {
            if replica.index.number(known.actor) != Some(number) {
                return Err(Malformed::Invalid("an actor").into());
            }
            replica.context.raise(Dot::new(known.actor, known.known));
            replica
                .remains
                .collected_before(Dot::new(known.actor, known.collected));
        }
        if meta
            .actors
            .keys()
            .copied()
            .zip(0..)
            .any(|(key, at): (u16, u16)| key != at)
        {
            return Err(Malformed::Invalid("the numbers of actors").into());
        }
        replica.read_states()?;
        replica.read_cells()?;
        replica.recorded = (replica.book.state_count(), replica.index.actors().len());
        replica.index.number(actor);
        replica.watches.written_at(now);
        replica.ahead = replica.context.clone();
        Ok(replica)
    }

    fn read_states(&mut self) -> Result<(), OpenError<S::Error>> {
        let mut names = BTreeMap::new();
        let mut wrong = None;
        self.store
            .scan(Table::States, &mut |key, value| {
                let mut input = Reader::new(key);
                match (
                    record::take_u32(&mut input, "the number of a state"),
                    core::str::from_utf8(value),
                ) {
                    (Ok(number), Ok(name)) => {
                        names.insert(number, String::from(name));
                    }
                    _ => wrong = Some(Malformed::Invalid("a state's name")),
                }
            })
            .map_err(OpenError::Store)?;
        for (expected, (number, name)) in (0_u32..).zip(&names) {
            if *number != expected || self.book.find_or_add(name)? != expected {
                wrong = Some(Malformed::Invalid("the numbers of states"));
            }
        }
        wrong.map_or(Ok(()), |wrong| Err(wrong.into()))
    }

    fn read_cells(&mut self) -> Result<(), OpenError<S::Error>> {
        let Self {
            store,
            book,
            index,
            context,
            remains,
            ..
        } = self;
        let mut kept = Kept::default();
        let (mut held, mut births) = (Vec::new(), Vec::new());
        let mut wrong = None;
        store
            .scan(Table::Cells, &mut |key, value| {
                if wrong.is_none() {
                    wrong = read_cell(
                        book,
                        index,
                        &mut kept,
                        (key, value),
                        |dot, place, is_held| {
                            let list = if is_held { &mut held } else { &mut births };
                            list.push((dot, place));
                        },
                    )
                    .err();
                }
            })
            .map_err(OpenError::Store)?;
        if let Some(wrong) = wrong {
            return Err(wrong.into());
        }
        for (dot, place) in &held {
            context.insert(*dot);
            remains.wait_if_any(book, *place);
        }
        births.append(&mut held);
        index.build(births);
        Ok(())
    }

    /// Moves one raw cell into the typed field of the same number, if it can be read there.
    pub(super) fn promote(&mut self, raw: Place, state: u32, field: u16) -> Result<(), Full> {
        let Self {
            book,
            index,
            dirty,
            committing,
            remains,
            scratch: Scratch {
                kept, key, dots, ..
            },
            ..
        } = self;
        kept.clear();
        key.clear();
        dots.clear();
        if let Some(cells) = book.field(raw.shelf) {
            cells.write(raw.cell, kept);
            cells.key(raw.cell, key);
        }
        book.dots(raw, dots);
        let shelf = book.shelf(state, field, false)?;
        let joined = kept.with(|content| {
            book.field_mut(shelf, content.kind())
                .map(|typed| typed.join(key, content))
        });
        let cell = match joined.flatten() {
            Some(Ok(joined)) => joined.cell,
            Some(Err(JoinError::Full(full))) => return Err(full),
            // Of a newer type: it stays raw, and is passed on as it is.
            Some(Err(_)) | None => return Ok(()),
        };
        let birth = book
            .shelf_at(raw.shelf)
            .map_or_else(Birth::default, |shelf| shelf.birth(raw.cell));
        if let Some(shelf) = book.shelf_mut(raw.shelf) {
            shelf.set_birth(raw.cell, Birth::default());
        }
        if let Some(shelf) = book.shelf_mut(shelf) {
            shelf.set_birth(cell, birth);
        }
        if let Some(kind) = kept.kind()
            && let Some(cells) = book.field_mut(raw.shelf, kind)
        {
            cells.erase(raw.cell);
            cells.settle(raw.cell, &|_| true);
        }
        let place = Place { shelf, cell };
        remains.wait_if_any(book, place);
        dirty.moved(raw, place);
        if let Some(batch) = committing {
            batch.moved(raw, place);
        }
        for &dot in dots.iter() {
            index.insert(dot, place);
        }
        if let Some((number, counter)) = birth.parts()
            && let Some(actor) = index.actor(number)
        {
            index.insert(Dot::new(actor, counter), place);
        }
        Ok(())
    }
}

fn read_cell(
    book: &mut Book,
    index: &Index,
    kept: &mut Kept,
    (key, value): (&[u8], &[u8]),
    mut each: impl FnMut(Dot, Place, bool),
) -> Result<(), Malformed> {
    let (state, field, key) = record::take_cell_key(key)?;
    if state >= book.state_count() {
        return Err(Malformed::Invalid("the number of a state"));
    }
    let mut input = Reader::new(value);
    let number = ActorNumber::try_from(input.take_varint("a birth")?)
        .map_err(|_| Malformed::Invalid("a birth"))?;
    let birth = Birth::new(number, input.take_varint("a birth")?);
    kept.take(&mut input, |input| record::take_dot(index, input))?;
    input.finish()?;
    let room = |_| Malformed::Invalid("the number of cells");
    let shelf = book.shelf(state, field, true).map_err(room)?;
    let join = |content: &Content<'_>| {
        book.field_mut(shelf, content.kind())
            .map(|raw| raw.join(key, content))
    };
    let cell = match kept.with(join).flatten() {
        Some(Ok(joined)) => joined.cell,
        _ => return Err(Malformed::Invalid("a cell")),
    };
    let place = Place { shelf, cell };
    if let Some(shelf) = book.shelf_mut(shelf) {
        shelf.set_birth(cell, birth);
    }
    if let Some((number, counter)) = birth.parts() {
        let actor = index.actor(number).ok_or(Malformed::Invalid("a birth"))?;
        each(Dot::new(actor, counter), place, false);
    }
    if let Some(raw) = book.field(shelf) {
        raw.dots(cell, &mut |dot| {
            each(dot, place, true);
            true
        });
    }
    Ok(())
}

/// What the Meta table holds.
struct Meta {
    clock: Timestamp,
    actors: BTreeMap<ActorNumber, ActorRecord>,
}

impl Meta {
    fn read<S: Store>(store: &mut S) -> Result<Self, OpenError<S::Error>> {
        let mut meta = Self {
            clock: Timestamp::ZERO,
            actors: BTreeMap::new(),
        };
        let mut wrong = None;
        let mut found = record::FORMAT;
        store
            .scan(Table::Meta, &mut |key, value| {
                if let Err(error) = meta.read_record(key, value, &mut found) {
                    wrong = Some(error);
                }
            })
            .map_err(OpenError::Store)?;
        if found != record::FORMAT {
            return Err(OpenError::Format { found });
        }
        wrong.map_or(Ok(meta), |wrong| Err(wrong.into()))
    }

    fn read_record(&mut self, key: &[u8], value: &[u8], format: &mut u64) -> Result<(), Malformed> {
        let mut input = Reader::new(value);
        match key {
            record::FORMAT_KEY => *format = input.take_varint("the version of the layout")?,
            record::CLOCK_KEY => {
                self.clock = Timestamp::from_bits(input.take_varint("the clock")?);
            }
            [record::ACTOR_KEY, low, high] => {
                let number = ActorNumber::from_le_bytes([*low, *high]);
                self.actors.insert(number, record::take_actor(value)?);
            }
            _ => return Err(Malformed::Invalid("a record's key")),
        }
        Ok(())
    }
}

/// Why a store could not be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The store failed.
    #[error("the store cannot be read: {0}")]
    Store(#[source] E),
    /// The layout is of a later version of this crate.
    #[error(
        "records of layout {found}, this version reads up to {}; install the newer version",
        record::FORMAT
    )]
    Format {
        /// The layout's version.
        found: u64,
    },
    /// The records are not those of a replica.
    #[error(
        "a record is damaged: {0}; restore a backup or start with an empty store and let peers fill it"
    )]
    Damaged(#[from] Malformed),
    /// More than fits.
    #[error(transparent)]
    Full(#[from] Full),
}

impl<E: Classify> Classify for OpenError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Format { .. } | Self::Damaged(_) => Kind::Permanent,
            Self::Full(_) => Kind::Overloaded,
        }
    }
}
