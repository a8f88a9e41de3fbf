//! A board's state as bytes for its flash: [`Save`].
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `GfB` and the version of this layout, 1 |
//! | 4 | the length of all of it, low byte first |
//! | | the sequence number |
//! | 12 | the actor |
//! | | the number of its last write |
//! | 8 | the clock's last time-stamp |
//! | 1 | 1 while a full state is adopted, else 0 |
//! | | the name of the state, with its length in front |
//! | | the number of writers of which all is known up to a number, and their dots |
//! | | the number of cells, and the cells: field (2 bytes), key with its length in front, birth, kind (1 byte), content |
//! | 4 | the CRC-32 of all before |
//!
//! Numbers are LEB128. An actor is its number in the order of first appearance, from 1; at first, and if it was not
//! among the first 16, 0 and its 12 bytes.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

use crate::board::crc::crc32;
use crate::board::{Board, MAX_KEY};
use crate::cell::{CellWriter, Slot};
use crate::dot::{Actor, Dot};
use crate::state::Replicated;
use crate::timestamp::Timestamp;
use crate::value::{Count, Intake, NO_DOT, Sink, SliceSink, Value};

pub(super) const MAGIC: [u8; 4] = *b"GfB\x01";
/// Magic and length.
pub(super) const HEADER: usize = 8;
pub(super) const CHECK: usize = 4;

pub(super) const REGISTER: u8 = 0;
pub(super) const MARKS: u8 = 1;
pub(super) const TALLY: u8 = 2;

impl<'n, T: Replicated, const ACTORS: usize, const CELLS: usize> Board<'n, T, ACTORS, CELLS> {
    /// How many bytes the next save takes. O(state).
    #[must_use]
    pub fn save_len(&self) -> usize {
        let mut count = Count::default();
        self.encode(&mut count);
        count.bytes() + HEADER + CHECK
    }

    /// Writes all of the board into `page` and lends it out until it is [saved](Save::done).
    ///
    /// While it is lent, nothing can be written or merged: what is called saved is what lies in the flash.
    ///
    /// # Errors
    /// [`SaveError`] if the page is too small; nothing changed.
    pub fn save<'b>(
        &'b mut self,
        page: &'b mut [u8],
    ) -> Result<Save<'b, 'n, T, ACTORS, CELLS>, SaveError> {
        let (needed, room) = (self.save_len(), page.len());
        let error = SaveError { needed, room };
        let len = u32::try_from(needed).map_err(|_| error)?;
        let mut out = SliceSink::new(page);
        out.put(&MAGIC);
        out.put(&len.to_le_bytes());
        self.encode(&mut out);
        let (body, rest) = page.split_at_mut_checked(needed - CHECK).ok_or(error)?;
        let check = crc32(body).to_le_bytes();
        *rest.first_chunk_mut::<CHECK>().ok_or(error)? = check;
        let bytes = page.get(..needed).ok_or(error)?;
        Ok(Save { board: self, bytes })
    }

    fn encode(&self, out: &mut dyn Sink) {
        let names = &mut Names::default();
        out.put_varint(u64::from(self.sequence.wrapping_add(1)));
        self.actor.encode(out);
        out.put_varint(self.last);
        self.clock.last().encode(out);
        out.put_u8(u8::from(self.adopting));
        put_bytes(self.name.as_bytes(), out);
        let context = self.with_all();
        put_len(context.prefix().len(), out);
        for dot in context.prefix().iter() {
            names.put(dot, out);
        }
        put_len(self.cells.as_slice().len(), out);
        for entry in self.cells.as_slice() {
            let mut buffer = [0; MAX_KEY];
            let key = self.key_of(entry.field, entry.cell, &mut buffer);
            out.put(&entry.field.to_le_bytes());
            put_bytes(key.unwrap_or_default(), out);
            names.put(entry.birth, out);
            if let Some(field) = self.state.field(entry.field) {
                field.write(entry.cell, &mut Packer { out, names });
            }
        }
    }
}

/// A saved board on its way into the flash.
///
/// Write the [bytes](Self::bytes) to the page that [`sequence`](Self::sequence) says, then call
/// [`done`](Self::done). Without that nothing happened: what was not saved is neither sent nor acknowledged.
#[must_use = "nothing is durable before `done`"]
pub struct Save<'b, 'n, T, const ACTORS: usize, const CELLS: usize> {
    board: &'b mut Board<'n, T, ACTORS, CELLS>,
    bytes: &'b [u8],
}

impl<T: Replicated, const ACTORS: usize, const CELLS: usize> Save<'_, '_, T, ACTORS, CELLS> {
    /// What to write, from the start of a page.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// The number of this save: of `n` pages it belongs into page `sequence % n`. At least two, so that the
    /// last save is still there while the next is being written.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.board.sequence.wrapping_add(1)
    }

    /// The bytes are in the flash, and a power cut does not undo it.
    pub fn done(self) {
        let board = self.board;
        board.context = board.with_all();
        if !board.adopting {
            board.covers = Default::default();
        }
        board.cells.all_saved();
        board.sequence = board.sequence.wrapping_add(1);
        if core::mem::take(&mut board.unsaved) {
            board.revision = board.revision.wrapping_add(1);
        }
    }
}

impl<T, const ACTORS: usize, const CELLS: usize> fmt::Debug for Save<'_, '_, T, ACTORS, CELLS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Save")
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The page is too small for the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the board takes {needed} bytes, the page has {room}")]
pub struct SaveError {
    /// How many bytes are needed.
    pub needed: usize,
    /// How many there are.
    pub room: usize,
}

impl Classify for SaveError {
    fn kind(&self) -> Kind {
        Kind::Overloaded
    }
}

/// The actors that were named already.
#[derive(Default)]
pub(super) struct Names {
    actors: heapless::Vec<Actor, 16>,
}

impl Names {
    #[cfg_attr(target_os = "none", inline(never))]
    fn put(&mut self, dot: Dot, out: &mut dyn Sink) {
        match self.actors.iter().position(|actor| *actor == dot.actor()) {
            Some(at) => put_len(at + 1, out),
            None => {
                out.put_u8(0);
                dot.actor().encode(out);
                // One that finds no room is named in full each time.
                let _ = self.actors.push(dot.actor());
            }
        }
        out.put_varint(dot.counter());
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn take(&mut self, input: &mut Intake<'_>) -> Dot {
        let number = input.varint("an actor");
        let actor = match number.checked_sub(1) {
            Some(at) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                self.actors.get(at).copied().unwrap_or_else(|| {
                    input.invalid("an actor");
                    NO_DOT.actor()
                })
            }
            None => {
                let actor = input.actor();
                let _ = self.actors.push(actor);
                actor
            }
        };
        Dot::new(actor, input.varint("a dot"))
    }
}

struct Packer<'a> {
    out: &'a mut dyn Sink,
    names: &'a mut Names,
}

impl Packer<'_> {
    fn value(&mut self, value: Option<&dyn Value>) {
        match value {
            None => self.out.put_u8(0),
            Some(value) => {
                put_len(value.encoded_len() + 1, self.out);
                value.encode(self.out);
            }
        }
    }
}

impl CellWriter for Packer<'_> {
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]) {
        self.out.put_u8(REGISTER);
        self.out.put_varint(stamp.to_bits());
        self.names.put(dot, self.out);
        self.value(value);
        put_len(seen.len(), self.out);
        for dot in seen {
            self.names.put(*dot, self.out);
        }
    }

    fn marks(&mut self, len: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>) {
        self.out.put_u8(MARKS);
        put_len(len, self.out);
        for (dot, value) in marks {
            self.names.put(dot, self.out);
            self.value(value);
        }
    }

    fn tally(&mut self, slots: &[Slot]) {
        self.out.put_u8(TALLY);
        put_len(slots.len(), self.out);
        for slot in slots {
            self.names.put(slot.dot, self.out);
            for sum in [slot.up, slot.down, slot.up_reset, slot.down_reset] {
                self.out.put_varint(sum);
            }
        }
    }
}

fn put_len(len: usize, out: &mut dyn Sink) {
    out.put_varint(u64::try_from(len).unwrap_or(u64::MAX));
}

fn put_bytes(bytes: &[u8], out: &mut dyn Sink) {
    put_len(bytes.len(), out);
    out.put(bytes);
}
