//! A board as it was saved last.

use gofarm_core::error::{Classify, Kind};

use crate::board::crc::crc32;
use crate::board::save::{CHECK, HEADER, MAGIC, MARKS, Names, REGISTER, TALLY};
use crate::board::{Board, MAX_KEY};
use crate::cell::{Content, Mark, Slot};
use crate::clock::HybridClock;
use crate::dot::{Actor, ReplicaId};
use crate::error::{Full, Malformed};
use crate::field::{Field, JoinError};
use crate::state::Replicated;
use crate::timestamp::Timestamp;
use crate::value::Intake;

/// What is in a page.
enum Page<'a> {
    /// Nothing was written since it was erased.
    Blank,
    /// A save, by its number.
    Whole(u32, &'a [u8]),
    Damaged,
}

impl<'n, T: Replicated, const ACTORS: usize, const CELLS: usize> Board<'n, T, ACTORS, CELLS> {
    /// The board as of the last save that is whole in one of `pages`.
    ///
    /// It goes on as the [`Actor`] that it was. But if a page holds neither a save nor nothing, that may have
    /// been a later one, whose writes others know: then the board becomes the actor `replica`, `incarnation`, and
    /// gets what it lost back from them. So `incarnation` is 32 random bits; without a source of randomness, a
    /// number that this device never gave before.
    ///
    /// # Errors
    /// [`RestoreError`]; with [`Blank`](RestoreError::Blank) this is the first start. After any other, erase the
    /// pages: a [`new`](Self::new) board with a new incarnation gets back all that it ever sent.
    ///
    /// # Panics
    /// See [`new`](Self::new).
    pub fn restore<'p>(
        name: &'n str,
        replica: ReplicaId,
        incarnation: u32,
        pages: impl IntoIterator<Item = &'p [u8]>,
    ) -> Result<Self, RestoreError> {
        let (mut newest, mut damaged, mut count) = (None, None, 0_u32);
        for page in pages {
            match read_page(page) {
                Page::Blank => {}
                Page::Damaged => damaged = Some(count),
                Page::Whole(sequence, body) => {
                    if newest.is_none_or(|(last, _)| sequence > last) {
                        newest = Some((sequence, body));
                    }
                }
            }
            count = count.saturating_add(1);
        }
        let Some((sequence, body)) = newest else {
            return Err(damaged.map_or(RestoreError::Blank, |_| RestoreError::Damaged));
        };
        let mut board = Self::new(name, Actor::new(replica, incarnation));
        let saved = board.decode(body)?;
        board.sequence = sequence;
        match damaged {
            None => (board.actor, board.last) = saved,
            Some(_) if board.actor == saved.0 => return Err(RestoreError::Damaged),
            // The next save goes there, so that the restart after it finds no damage.
            Some(page) => {
                while board.sequence.wrapping_add(1) % count != page {
                    board.sequence = board.sequence.wrapping_add(1);
                }
            }
        }
        board.context = board.with_all();
        Ok(board)
    }

    /// Reads all of a save; the actor and the number of its last write.
    fn decode(&mut self, body: &[u8]) -> Result<(Actor, u64), RestoreError> {
        let input = &mut Intake::new(body);
        let names = &mut Names::default();
        input.varint("a sequence number");
        let actor = input.actor();
        let mut last = input.varint("a write's number");
        let stamp = Timestamp::from_bits(input.u64("a time-stamp"));
        self.adopting = match input.u8("a flag") {
            flag @ (0 | 1) => flag == 1,
            _ => {
                input.invalid("a flag");
                false
            }
        };
        let name = input.prefixed("a name");
        input.check()?;
        if actor.replica() != self.actor.replica() {
            return Err(RestoreError::OtherDevice(actor.replica()));
        }
        if name != self.name.as_bytes() {
            return Err(RestoreError::OtherState);
        }
        self.clock = HybridClock::restore(stamp);
        for _ in 0..input.varint("the number of writers") {
            let dot = names.take(input);
            input.check()?;
            if dot.actor() == actor {
                last = last.max(dot.counter());
            }
            // A writer that finds no room is known less well, which costs a repeated cell.
            let _ = self.context.try_raise(dot);
        }
        for _ in 0..input.varint("the number of cells") {
            let number = u16::from_le_bytes(input.array("a field"));
            let key = input.prefixed("a key");
            let birth = names.take(input);
            input.check()?;
            if key.len() > MAX_KEY {
                return Err(Full { limit: MAX_KEY }.into());
            }
            let field = self
                .state
                .field_mut(number)
                .ok_or(RestoreError::UnknownField(number))?;
            let cell = take_cell(field, key, names, input)?;
            field.dots(cell, &mut |dot| {
                if dot.actor() == actor {
                    last = last.max(dot.counter());
                }
                true
            });
            self.cells.born(number, cell, birth)?;
        }
        input.finish()?;
        Ok((actor, last))
    }
}

fn read_page(page: &[u8]) -> Page<'_> {
    let is = |erased: u8| page.iter().all(|byte| *byte == erased);
    if is(0xff) || is(0) {
        return Page::Blank;
    }
    whole(page).unwrap_or(Page::Damaged)
}

fn whole(page: &[u8]) -> Option<Page<'_>> {
    let (magic, rest) = page.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*rest.first_chunk()?)).ok()?;
    let (checked, check) = page.get(..len)?.split_last_chunk::<CHECK>()?;
    if *magic != MAGIC || crc32(checked) != u32::from_le_bytes(*check) {
        return None;
    }
    let body = checked.get(HEADER..)?;
    let mut input = Intake::new(body);
    let sequence = input.varint("a sequence number");
    input.check().ok()?;
    Some(Page::Whole(u32::try_from(sequence).ok()?, body))
}

/// Joins a saved cell into the field, part by part: no part needs memory of its own.
fn take_cell(
    field: &mut dyn Field,
    key: &[u8],
    names: &mut Names,
    input: &mut Intake<'_>,
) -> Result<u32, RestoreError> {
    let mut cell: Result<u32, RestoreError> = Err(Malformed::Invalid("a cell").into());
    match input.u8("a cell's kind") {
        REGISTER => {
            let stamp = Timestamp::from_bits(input.varint("a time-stamp"));
            let dot = names.take(input);
            let value = input.value("a value");
            let mut content = Content::Register {
                stamp,
                dot,
                value,
                seen: &[],
            };
            cell = join(field, key, &content, input);
            for _ in 0..input.varint("the number of replaced writes") {
                cell?;
                let seen = &[names.take(input)];
                content = Content::Register {
                    stamp,
                    dot,
                    value,
                    seen,
                };
                cell = join(field, key, &content, input);
            }
        }
        MARKS => {
            for _ in 0..input.varint("the number of marks") {
                let dot = names.take(input);
                let value = input.value("a value");
                cell = join(field, key, &Content::Marks(&[Mark { dot, value }]), input);
                cell?;
            }
        }
        TALLY => {
            for _ in 0..input.varint("the number of totals") {
                let dot = names.take(input);
                let mut sum = || input.varint("a total");
                let slot = Slot {
                    dot,
                    up: sum(),
                    down: sum(),
                    up_reset: sum(),
                    down_reset: sum(),
                };
                cell = join(field, key, &Content::Tally(&[slot]), input);
                cell?;
            }
        }
        _ => input.invalid("a cell's kind"),
    }
    input.check()?;
    cell
}

/// Joins a part, if it was read.
#[cfg_attr(target_os = "none", inline(never))]
fn join(
    field: &mut dyn Field,
    key: &[u8],
    content: &Content<'_>,
    input: &Intake<'_>,
) -> Result<u32, RestoreError> {
    input.check()?;
    Ok(field.join(key, content)?.cell)
}

/// Why a board could not be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// All pages are erased: nothing was ever saved.
    #[error("no page holds anything")]
    Blank,
    /// No page is whole and one of them is not erased; or the last save may be lost, and the new incarnation is
    /// the one that wrote it.
    #[error("the last save is damaged")]
    Damaged,
    /// The save is of another device: its flash was copied.
    #[error("the save is of replica {0}")]
    OtherDevice(ReplicaId),
    /// The save is of a state of another name.
    #[error("the save is of another state")]
    OtherState,
    /// The save has a cell of a field that this state does not have.
    #[error("the save has field number {0}, this state has not")]
    UnknownField(u16),
    /// A saved cell is not one of its field: the field had another type.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The save has more cells than this board can hold, or a longer key.
    #[error(transparent)]
    Full(#[from] Full),
    /// The bytes are those that were saved, but this version does not read them.
    #[error("not a save of this version: {0}")]
    Content(#[from] Malformed),
}

impl Classify for RestoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full(_) | Self::Join(JoinError::Full(_)) => Kind::Overloaded,
            _ => Kind::Permanent,
        }
    }
}
