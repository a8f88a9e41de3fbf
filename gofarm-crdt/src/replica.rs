//! All states of one device or gateway, local and durable: [`Replica`].
//!
//! A write is a function call: it takes microseconds, needs no link and cannot be refused by anybody far
//! away. [`commit`](Replica::commit) makes all writes since the last one durable together; what is not
//! durable is neither sent nor acknowledged, so that no peer ever relies on a write that a power cut undoes.
//! Merging what peers send is as local, and ends in the same commit.
//!
//! A replica reads no clock and starts no thread. It is one value behind one `&mut`; whoever shares it
//! between tasks puts it behind a lock or an actor of their own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use gofarm_core::observe::Observer;

use crate::causal_context::CausalContext;
use crate::clock::HybridClock;
use crate::conflict::Conflicts;
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::state::Replicated;
use crate::store::Store;
use crate::watch::Watches;

mod adoption;
pub(crate) mod book;
mod commit;
mod dirty;
mod dispute;
mod identity;
mod index;
mod kept;
mod merge;
mod open;
mod record;
mod signal;
mod stability;
mod update;
mod watch;

pub use commit::{CommitBatch, CommitError};
pub use dispute::ResolveError;
pub use open::OpenError;
pub use signal::INSTRUMENTS;
pub use stability::{HORIZON, Maintained};
pub use update::Transaction;

use adoption::Adoption;
use book::Book;
use commit::Committing;
use dirty::Dirty;
use index::Index;
use kept::Kept;
use record::Batch;
use stability::Remains;

/// The states of one device, gateway or cloud node, with everything needed to meet others later.
pub struct Replica<S> {
    store: S,
    actor: Actor,
    /// The first actor of this run, by which handles are known.
    owner: Actor,
    /// The number of the last local write, durable or not.
    last: u64,
    clock: HybridClock,
    /// What is durable here.
    context: CausalContext,
    /// The same with the batch that is being committed.
    ahead: CausalContext,
    book: Book,
    index: Index,
    dirty: Dirty,
    committing: Option<Committing>,
    /// What peers said to be covered, not yet durable.
    covers: Vec<Dot>,
    conflicts: Conflicts,
    remains: Remains,
    /// Peers take from this replica only what it wrote itself.
    is_own_only: bool,
    watches: Watches,
    adoption: Option<Box<Adoption>>,
    /// How many were begun.
    adoptions: u32,
    /// Keys of records whose cells are gone.
    gone: Vec<Vec<u8>>,
    /// How many states and actors have a record.
    recorded: (u32, usize),
    revision: u64,
    scratch: Scratch,
    batch: Batch,
    observer: Box<dyn Observer + Send>,
}

/// Memory that is used again and again.
#[derive(Debug, Default)]
struct Scratch {
    kept: Kept,
    key: Vec<u8>,
    dots: Vec<Dot>,
    fields: Vec<(u16, u32)>,
}

/// A state of a replica, by its type.
pub struct Handle<T> {
    state: u32,
    owner: Actor,
    of: PhantomData<fn() -> T>,
}

impl<S: Store> Replica<S> {
    /// Who writes here: this replica since its store was opened.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// This replica as one from which its peers take only what it wrote itself: the node of a probe or a valve, to which
    /// they say [`PeerIdentity::own_only`](crate::sync::PeerIdentity::own_only).
    ///
    /// Nobody adopts the full state of such a one. So [`maintain`](Self::maintain) forgets nothing here that anybody ever
    /// heard of may have missed, even one that was silent for longer than 14 days: a peer that is scrapped for good is
    /// waited for until this replica itself adopts.
    ///
    /// ```
    /// use gofarm_core::time::{Instant, UnixMillis};
    /// use gofarm_crdt::clock::Now;
    /// use gofarm_crdt::dot::ReplicaId;
    /// use gofarm_crdt::store::MemoryStore;
    /// use gofarm_crdt::Replica;
    ///
    /// let now = Now::new(Instant::ZERO, Some(UnixMillis::new(1_790_000_000_000)));
    /// let store = MemoryStore::new(ReplicaId::new(7), 1); // 1: 64 random bits
    /// let node = Replica::open(store, now)?.own_only();
    /// # let _ = node;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn own_only(mut self) -> Self {
        self.is_own_only = true;
        self
    }

    /// Tells `observer` from now on what happens here.
    pub fn set_observer(&mut self, observer: impl Observer + Send + 'static) {
        self.observer = Box::new(observer);
    }

    /// Gives a state its name and its type, and reads what the store and peers know of it.
    ///
    /// The same name and type again give the same handle.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing was registered.
    pub fn register<T: Replicated>(&mut self, name: &str) -> Result<Handle<T>, RegisterError> {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(RegisterError::Name { len: name.len() });
        }
        let state = self.book.find_or_add(name)?;
        if !self.book.is_typed(state) {
            self.book.set_type::<T>(state);
            self.read_raw::<T>(state)?;
        } else if self.book.typed::<T>(state).is_none() {
            return Err(RegisterError::Type);
        }
        Ok(Handle {
            state,
            owner: self.owner,
            of: PhantomData,
        })
    }

    /// Moves cells that came before their type was known into the struct.
    fn read_raw<T: Replicated>(&mut self, state: u32) -> Result<(), Full> {
        for field in T::FIELDS {
            self.book.shelf(state, field.number(), false)?;
        }
        let raw: Vec<u32> = self.book.shelves_of(state).to_vec();
        for shelf in raw {
            let Some((field, count)) = self.book.shelf_at(shelf).and_then(|at| {
                let count = self.book.field(shelf).map_or(0, crate::field::Field::cells);
                at.raw.then_some((at.field, count))
            }) else {
                continue;
            };
            if !self.book.has_field(state, field) {
                continue;
            }
            for cell in 0..count {
                self.promote(book::Place { shelf, cell }, state, field)?;
            }
        }
        Ok(())
    }

    /// The state, as it is now: with all that was written and merged here, durable or not.
    ///
    /// # Panics
    /// If the handle is of another replica.
    #[must_use]
    pub fn read<T: Replicated>(&self, handle: &Handle<T>) -> &T {
        assert_eq!(handle.owner, self.owner, "a handle of another replica");
        self.book
            .typed(handle.state)
            .unwrap_or_else(|| unreachable!("handles are made for registered states"))
    }

    /// The name that a state was registered with.
    #[must_use]
    pub fn name<T>(&self, handle: &Handle<T>) -> &str {
        self.book.name(handle.state)
    }

    /// The names of all states that this replica holds, registered here or not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.book.names()
    }

    /// How much the replica holds in memory. Cost: O(cells).
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        Footprint {
            states: self.book.state_count(),
            cells: self.book.cell_count(),
            index: self.index.len(),
            remains: self.remains.len(),
            actors: self.index.actors().len(),
        }
    }

    /// The store, for its figures.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Ends the replica and gives the store back; what was not committed is lost.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// The clock as of the last write.
    #[must_use]
    pub const fn clock(&self) -> &HybridClock {
        &self.clock
    }
}

/// How much a replica holds in memory: what to watch on a device that runs for years.
///
/// See [`Replica::footprint`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Footprint {
    /// Named states, registered here or not.
    pub states: u32,
    /// Cells, removed ones that are still needed among them.
    pub cells: u64,
    /// Entries of the index of writes; at most four for each cell and 64 for each actor.
    pub index: usize,
    /// Cells of which a part can be forgotten once all replicas have seen them.
    pub remains: usize,
    /// Writers ever met.
    pub actors: usize,
}

/// The longest name of a state, in bytes.
pub const MAX_NAME: usize = 200;

/// Why a state could not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is empty or too long.
    #[error("a name of {len} bytes, 1..={MAX_NAME} are allowed")]
    Name {
        /// Its length in bytes.
        len: usize,
    },
    /// The name was registered with another type.
    #[error("registered before with another type")]
    Type,
    /// No room for another state.
    #[error(transparent)]
    Full(#[from] Full),
}

impl gofarm_core::error::Classify for RegisterError {
    fn kind(&self) -> gofarm_core::error::Kind {
        match self {
            Self::Name { .. } | Self::Type => gofarm_core::error::Kind::Invalid,
            Self::Full(_) => gofarm_core::error::Kind::Overloaded,
        }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.state).finish()
    }
}

impl<S> fmt::Debug for Replica<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("actor", &self.actor)
            .field("last", &self.last)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
