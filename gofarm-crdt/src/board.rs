//! The state of a small device, without a heap: [`Board`].
//!
//! A valve controller has 20 KB of RAM and no files. It keeps one state, its own, as a plain value of fixed size, and
//! is yet a full replica of it: it writes alone for weeks, and the same sync session talks to it as to a gateway. What
//! it leaves out is what others can do for it:
//!
//! - It keeps one state and passes on no other. A cell of another state, or of a field that its version of the state
//!   does not have, is refused with [`Refusal::UnknownState`](crate::ledger::Refusal) or `UnknownField`. So its gateway
//!   should hold this state in a replica of its own, with no other state that would be refused.
//! - It has no index: to find a cell or a dot it looks at all of them, some tens.
//! - It does not find out by itself which removals all others have seen; see [`Board::collect`].
//!
//! Each limit is an error that changes nothing, so a full board keeps what it has, and what it refused is not
//! acknowledged: the peer offers it again.
//!
//! **Durability.** [`Board::save`] writes everything into a page and lends it out; when the firmware has it in its
//! flash, [`Save::done`] makes it durable. Before that no session sends or acknowledges any of it. With two pages or
//! more in turn a power cut at any moment leaves the last save or the one before it. Since nothing was shown that
//! was not saved, [`Board::restore`] goes on as the same actor with the next number, and no writer's place is used
//! up by a restart. Every save writes a page; flash that bears 10 000 erasures lasts 20 000 saves with two pages, 80 000
//! with eight. Collect writes for some seconds before saving where that matters.
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! use gofarm_core::DeviceId;
//! use gofarm_core::text::Text;
//! use gofarm_core::time::{Instant, UnixMillis};
//! use gofarm_crdt::board::{Board, RestoreError};
//! use gofarm_crdt::capacity::Fixed;
//! use gofarm_crdt::clock::Now;
//! use gofarm_crdt::counter::GCounter;
//! use gofarm_crdt::dot::{Actor, ReplicaId};
//! use gofarm_crdt::register::Lww;
//! use gofarm_crdt::Replicated;
//!
//! #[derive(Replicated, Debug, Default)]
//! struct Valve {
//!     open: Lww<bool, Fixed<1>>,
//!     reason: Lww<Text<24>, Fixed<1>>,
//!     litres: GCounter<Fixed<4>>,
//! }
//!
//! let mut flash = [[0xff; 512]; 2];
//! let replica = ReplicaId::of(&DeviceId::new("valve-7")?);
//! let random = 0x5eed;
//!
//! // 8 writers, 3 cells: one for each register and counter, more for sets and maps.
//! let pages = flash.iter().map(|page| &page[..]);
//! let mut board = match Board::<Valve, 8, 3>::restore("valve-control/7", replica, random, pages) {
//!     Ok(board) => board,
//!     Err(RestoreError::Blank) => Board::new("valve-control/7", Actor::new(replica, random)),
//!     Err(error) => return Err(error.into()),
//! };
//!
//! let now = Now::new(Instant::from_secs(5), Some(UnixMillis::new(1_790_000_000_000)));
//! board.update(now, |v| {
//!     v.open.set(true);
//!     v.litres.try_add(120)
//! })?;
//! assert_eq!(board.read().open.get(), Some(&true));
//!
//! let mut page = [0; 512];
//! let save = board.save(&mut page)?;
//! let at = save.sequence() as usize % 2;
//! flash[at][..save.bytes().len()].copy_from_slice(save.bytes());
//! save.done(); // only now may it be acknowledged or sent
//!
//! let pages = flash.iter().map(|page| &page[..]);
//! let again = Board::<Valve, 8, 3>::restore("valve-control/7", replica, 0x600d, pages)?;
//! assert_eq!(again.read().litres.value(), 120);
//! # }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use core::cell::{Cell, RefCell};
use core::fmt;

use crate::capacity::Fixed;
use crate::causal_context::CausalContext;
use crate::clock::{HybridClock, Now};
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::field::{Field, Notes, Pen};
use crate::state::Replicated;
use crate::value::Count;
use crate::version_vector::VersionVector;

mod adoption;
mod cells;
pub(crate) mod crc;
mod merge;
mod restore;
mod save;

pub use restore::RestoreError;
pub use save::{Save, SaveError};

use cells::Cells;

/// The longest key of a cell that a board keeps, in encoded bytes.
pub const MAX_KEY: usize = 64;

/// One state, with everything needed to meet others later, in place.
///
/// `ACTORS` is of how many writers it knows without gaps what it has; one more writer is known less well, which costs
/// cells that are sent repeatedly, and takes the place of one of which no write is left. A writer is one incarnation
/// of a replica. `CELLS` is the number of cells in all fields: one for a register, counter or flag, one for each
/// element of a set or key of a map, removed ones included until they are [collected](Self::collect). Each takes 28
/// bytes beside the state.
///
/// A valve with a flag, a text of 24 bytes, a counter of 8 writers and a set of 8 persons with 4 writers each takes
/// 1 520 bytes of RAM as a state and 2 584 as a `Board<_, 8, 11>` on a Cortex-M0+; all of the board's code for it takes
/// 35 KB of flash (`opt-level = "s"`, fat LTO), the session not counted. To make one or restore it may take as much again
/// of stack, if the compiler does not build it in place.
///
/// See the [module](self) for an example.
pub struct Board<'n, T, const ACTORS: usize, const CELLS: usize> {
    name: &'n str,
    state: T,
    actor: Actor,
    /// The number of the last local write, saved or not.
    last: u64,
    clock: HybridClock,
    /// What is saved.
    context: CausalContext<Fixed<ACTORS>>,
    /// What a peer said to be covered and is not saved yet; all that it said while a full state is adopted.
    covers: VersionVector<Fixed<ACTORS>>,
    cells: Cells<CELLS>,
    concurrent: Option<Concurrent>,
    sequence: u32,
    unsaved: bool,
    adopting: bool,
    /// How many full states were begun to be adopted.
    adoptions: u16,
    revision: u64,
}

/// Two writes that met here without knowing of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Concurrent {
    /// The number of the field; see [`FieldName`](crate::FieldName).
    pub field: u16,
    /// The number of the cell in the field.
    pub cell: u32,
    /// The write that was here.
    pub here: Dot,
    /// The write that came.
    pub came: Dot,
}

impl<'n, T: Replicated, const ACTORS: usize, const CELLS: usize> Board<'n, T, ACTORS, CELLS> {
    /// A board that was never saved. `actor` must not have written before: its incarnation is 32 random bits.
    ///
    /// # Panics
    /// If the name is empty or longer than 200 bytes: the name is a part of the program.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn new(name: &'n str, actor: Actor) -> Self {
        const { assert!(ACTORS > 1, "itself and a peer") };
        assert!((1..=200).contains(&name.len()), "a name of 1 to 200 bytes");
        Self {
            name,
            state: T::default(),
            actor,
            last: 0,
            clock: HybridClock::new(),
            context: CausalContext::new(),
            covers: VersionVector::new(),
            cells: Cells::default(),
            concurrent: None,
            sequence: 0,
            unsaved: false,
            adopting: false,
            adoptions: 0,
            revision: 0,
        }
    }

    /// Who writes here.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The name of the state.
    #[must_use]
    pub const fn name(&self) -> &'n str {
        self.name
    }

    /// The state, as it is now: with all that was written and merged here, saved or not.
    #[must_use]
    pub const fn read(&self) -> &T {
        &self.state
    }

    /// The clock as of the last write.
    #[must_use]
    pub const fn clock(&self) -> &HybridClock {
        &self.clock
    }

    /// Whether something was written or merged since the last save.
    #[must_use]
    pub const fn is_unsaved(&self) -> bool {
        self.unsaved
    }

    /// Takes the last conflict that was not taken yet: the winner is what is read, and only the dot of the other
    /// is left. Peers are not told again, so pass it on.
    pub const fn poll_concurrent(&mut self) -> Option<Concurrent> {
        self.concurrent.take()
    }

    /// Writes to the state, in memory; returns what `write` returns.
    ///
    /// Each cell that is written gets a dot of its own, all of them the same time-stamp. Nothing is durable,
    /// acknowledged or sent before the next [`save`](Self::save).
    ///
    /// # Errors
    /// [`Full`] of `write`, or because a new cell is more than `CELLS` or its key longer than [`MAX_KEY`]: then
    /// that cell was not written. What was written to other cells stands.
    pub fn update<R>(
        &mut self,
        now: Now,
        write: impl FnOnce(&mut T::Edit<'_>) -> Result<R, Full>,
    ) -> Result<R, Full> {
        let stamp = self.clock.tick(now);
        let scribe = Scribe {
            cells: RefCell::new(&mut self.cells),
            refused: Cell::new(None),
            too_long: Cell::new(false),
        };
        let pen = Pen::new(self.actor, self.last, stamp, &scribe);
        let result = write(&mut self.state.edit(&pen));
        self.unsaved |= pen.last() != self.last;
        self.last = pen.last();
        match scribe.refused.get() {
            None => result,
            Some(full) => {
                self.erase_unlisted();
                Err(full)
            }
        }
    }

    /// Erases the cells that were just written and have no place.
    fn erase_unlisted(&mut self) {
        for name in T::FIELDS {
            let Some(field) = self.state.field_mut(name.number()) else {
                continue;
            };
            for cell in 0..field.cells() {
                if self.cells.find(name.number(), cell).is_none() {
                    field.erase(cell);
                }
            }
        }
    }

    /// Forgets removed elements, and what else is kept only for merging, of cells all of whose writes are `stable`:
    /// known to every replica of the state. Returns how many cells are gone.
    ///
    /// A board that only ever talks to one gateway may take for stable what that gateway has acknowledged. With
    /// several peers that is not enough: one that has not seen the removal would bring the element back. What was
    /// not saved yet is left alone. The next save makes it durable. O(cells).
    pub fn collect(&mut self, stable: &dyn Fn(Dot) -> bool) -> usize {
        let (mut at, mut gone) = (0, 0);
        while let Some(entry) = self.cells.as_slice().get(at).copied() {
            let field = self.state.field_mut(entry.field);
            if let Some(field) = field
                && !entry.is_dirty()
                && field.dots(entry.cell, &mut |dot| stable(dot))
            {
                self.unsaved = true;
                if field.settle(entry.cell, stable) {
                    self.cells.remove(at);
                    gone += 1;
                    continue;
                }
            }
            at += 1;
        }
        gone
    }

    /// The context as it will be once all that is here is saved.
    fn with_all(&self) -> CausalContext<Fixed<ACTORS>> {
        self.known(self.last, &|_| true, true)
    }

    /// Knows of a writer only what cells hold.
    fn forget(&mut self, silent: Actor) {
        let own = self.context.prefix().get(self.actor);
        self.context = self.known(own, &|actor| actor != silent, false);
    }

    /// Own writes up to `own`, what is known without gaps of the actors that are kept, and what cells hold. What
    /// finds no room is not claimed, and may be sent here once more.
    #[cfg_attr(target_os = "none", inline(never))]
    fn known(
        &self,
        own: u64,
        keep: &dyn Fn(Actor) -> bool,
        with_unsaved: bool,
    ) -> CausalContext<Fixed<ACTORS>> {
        let mut known = CausalContext::new();
        let _ = known.try_raise(Dot::new(self.actor, own));
        for dot in self.context.prefix().iter().filter(|dot| keep(dot.actor())) {
            let _ = known.try_raise(dot);
        }
        if with_unsaved && !self.adopting {
            for dot in self.covers.iter() {
                let _ = known.try_raise(dot);
            }
        }
        // Runs may fit only after others have closed the gaps between them.
        for _ in 0..2 {
            let mut all_fit = true;
            for entry in self.cells.as_slice() {
                if entry.is_dirty() && !with_unsaved {
                    continue;
                }
                if let Some(field) = self.state.field(entry.field) {
                    field.dots(entry.cell, &mut |dot| {
                        all_fit &= known.try_insert(dot).is_ok();
                        true
                    });
                }
            }
            if all_fit {
                break;
            }
        }
        known
    }
}

impl<T, const ACTORS: usize, const CELLS: usize> fmt::Debug for Board<'_, T, ACTORS, CELLS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board")
            .field("name", &self.name)
            .field("actor", &self.actor)
            .field("last", &self.last)
            .field("context", &self.context)
            .field("unsaved", &self.unsaved)
            .finish_non_exhaustive()
    }
}

/// Notes which cells an update touches.
struct Scribe<'a, const CELLS: usize> {
    cells: RefCell<&'a mut Cells<CELLS>>,
    /// Why a new cell found no place.
    refused: Cell<Option<Full>>,
    /// The cell that is being written has a key that is too long.
    too_long: Cell<bool>,
}

impl<const CELLS: usize> Notes for Scribe<'_, CELLS> {
    fn before(&self, _: u16, cell: u32, state: &dyn Field) {
        let mut key = Count::default();
        state.key(cell, &mut key);
        self.too_long.set(key.bytes() > MAX_KEY);
    }

    fn written(&self, field: u16, cell: u32, dot: Dot) {
        if self.too_long.get() {
            self.refused.set(Some(Full { limit: MAX_KEY }));
            return;
        }
        match self.cells.borrow_mut().born(field, cell, dot) {
            Ok(entry) => entry.set_dirty(),
            Err(full) => self.refused.set(Some(full)),
        }
    }
}
