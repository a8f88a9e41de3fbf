//! Items that are larger than a frame: one at a time in each direction.

use crate::capacity::{Capacity, List};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::ledger::{CellRef, Ledger};
use crate::sync::check::Crc;
use crate::sync::dictionary::InFull;
use crate::sync::event::PeerRefusal;
use crate::sync::frame::{Fragment, MAX_CHUNKS};
use crate::sync::item::{Chain, Writing, write_item};
use crate::sync::outgoing::{Outgoing, Window};
use crate::sync::received::up;
use crate::value::{Count, Sink};

/// An item on its way in chunks.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) cell: CellRef,
    pub(super) dot: Dot,
    pub(super) epoch: u32,
    total: usize,
    chunk: usize,
    crc: u32,
    under_way: u128,
    acknowledged: u128,
}

/// What came of writing a chunk.
pub(super) enum Chunk {
    Written(u8),
    /// All are under way.
    Nothing,
    /// The cell changed or is gone; the job must begin anew.
    Changed,
}

impl Job {
    /// Measures an item and cuts it into chunks for frames with this much room; or its size, if too many.
    pub(super) fn cut<L: Ledger>(
        ledger: &L,
        cell: CellRef,
        dot: Dot,
        room: usize,
        dots: &mut <L::Capacity as Capacity>::List<Dot>,
    ) -> Result<Option<Self>, usize> {
        let mut measure = Window::measure();
        if !write_whole(ledger, cell, &mut measure, dots) {
            return Ok(None);
        }
        let (total, crc) = measure.finish();
        let most = room.saturating_sub(Self::overhead(total));
        if most == 0 || total.div_ceil(most) > MAX_CHUNKS {
            return Err(total);
        }
        Ok(Some(Self {
            id: 0,
            cell,
            dot,
            epoch: 0,
            total,
            chunk: most,
            crc,
            under_way: 0,
            acknowledged: 0,
        }))
    }

    /// Tag, job of up to 4 bytes, total and chunk, CRC and index.
    const fn overhead(total: usize) -> usize {
        let lengths = match total {
            0..0x80 => 2,
            0x80..0x4000 => 4,
            0x4000..0x20_0000 => 6,
            _ => 10,
        };
        10 + lengths
    }

    pub(super) fn write<L: Ledger>(
        &mut self,
        ledger: &L,
        out: &mut Outgoing<'_>,
        dots: &mut <L::Capacity as Capacity>::List<Dot>,
    ) -> Chunk {
        let count = self.total.div_ceil(self.chunk);
        let busy = self.under_way | self.acknowledged;
        let index = usize::try_from(busy.trailing_ones()).unwrap_or(usize::MAX);
        let Some(short) = u8::try_from(index).ok().filter(|_| index < count) else {
            return Chunk::Nothing;
        };
        let from = index.saturating_mul(self.chunk);
        let to = from.saturating_add(self.chunk).min(self.total);
        let mark = out.len();
        let header = Fragment {
            job: self.id,
            total: self.total,
            chunk: self.chunk,
            crc: self.crc,
            index: short,
            bytes: &[],
        };
        header.write_header(out);
        let mut window = Window::new(out, from, to);
        let written = write_whole(ledger, self.cell, &mut window, dots);
        let same = window.finish() == (self.total, self.crc);
        if !written || !same {
            out.rewind(mark);
            return Chunk::Changed;
        }
        if out.overflowed() {
            out.rewind(mark);
            return Chunk::Nothing;
        }
        self.under_way |= 1 << index;
        Chunk::Written(short)
    }

    /// Whether nothing of it was sent yet.
    pub(super) const fn is_new(&self) -> bool {
        self.under_way == 0 && self.acknowledged == 0
    }

    /// Whether all chunks were acknowledged now.
    pub(super) fn acknowledged(&mut self, index: u8) -> bool {
        self.acknowledged |= bit(index);
        let count = self.total.div_ceil(self.chunk);
        usize::try_from(self.acknowledged.count_ones()).is_ok_and(|ones| ones >= count)
    }

    pub(super) fn lost(&mut self, index: u8) {
        self.under_way &= !bit(index);
    }
}

fn bit(index: u8) -> u128 {
    up(1, u64::from(index))
}

/// What [`Job::cut`] says of an item that fits no frame where there are no fragments.
pub(super) fn too_large<L: Ledger>(
    ledger: &L,
    cell: CellRef,
    dots: &mut <L::Capacity as Capacity>::List<Dot>,
) -> Result<Option<Job>, usize> {
    let mut count = Count::default();
    if write_whole(ledger, cell, &mut count, dots) {
        Err(count.bytes())
    } else {
        Ok(None)
    }
}

/// Writes an item that depends on nothing else in the frame or the session.
fn write_whole<L: Ledger>(
    ledger: &L,
    cell: CellRef,
    out: &mut dyn Sink,
    dots: &mut <L::Capacity as Capacity>::List<Dot>,
) -> bool {
    dots.clear();
    let to = Writing {
        out,
        names: &mut InFull,
        chain: &mut Chain::default(),
        dots,
    };
    write_item(ledger, cell, true, to)
}

/// An item that is being put together.
pub(super) struct Reassembly<B: Capacity> {
    job: u64,
    shape: (usize, usize, u32),
    got: u128,
    bytes: B::List<u8>,
    /// Nothing more is awaited; the reason if it was refused.
    outcome: Option<Option<PeerRefusal>>,
}

/// What a chunk did.
pub(super) enum Reassembled {
    /// More are awaited, or it is an old one.
    Noted,
    /// This job was refused, now or before.
    Refused(PeerRefusal),
    /// The item is whole.
    Whole,
}

impl<B: Capacity> Reassembly<B> {
    pub(super) fn new() -> Self {
        Self {
            job: 0,
            shape: (0, 1, 0),
            got: 0,
            bytes: Default::default(),
            outcome: Some(None),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The item was merged or refused; its bytes are not needed any more.
    pub(super) fn finish(&mut self, refused: Option<PeerRefusal>) {
        self.outcome = Some(refused);
        self.bytes = Default::default();
    }

    /// Takes a chunk.
    pub(super) fn take(
        &mut self,
        fragment: &Fragment<'_>,
        limit: usize,
    ) -> Result<Reassembled, Malformed> {
        if fragment.job < self.job {
            return Ok(Reassembled::Noted);
        }
        let shape = (fragment.total, fragment.chunk, fragment.crc);
        if fragment.job > self.job {
            *self = Self::new();
            self.job = fragment.job;
            self.shape = shape;
            self.outcome = (fragment.total > limit).then_some(Some(PeerRefusal::Full));
        }
        if shape != self.shape {
            return Err(Malformed::Invalid("fragment"));
        }
        match self.outcome {
            Some(None) => return Ok(Reassembled::Noted),
            Some(Some(refused)) => return Ok(Reassembled::Refused(refused)),
            None => {}
        }
        let from = usize::from(fragment.index).saturating_mul(fragment.chunk);
        let to = from.saturating_add(fragment.bytes.len());
        while self.bytes.as_slice().len() < to {
            if self.bytes.push(0).is_err() {
                self.finish(Some(PeerRefusal::Full));
                return Ok(Reassembled::Refused(PeerRefusal::Full));
            }
        }
        if let Some(room) = self.bytes.as_mut_slice().get_mut(from..to) {
            room.copy_from_slice(fragment.bytes);
        }
        self.got |= bit(fragment.index);
        let count = fragment.total.div_ceil(fragment.chunk);
        if !usize::try_from(self.got.count_ones()).is_ok_and(|ones| ones >= count) {
            return Ok(Reassembled::Noted);
        }
        let mut crc = Crc::new();
        crc.update(self.bytes.as_slice());
        if crc.finish() == fragment.crc {
            Ok(Reassembled::Whole)
        } else {
            self.finish(Some(PeerRefusal::Unreadable));
            Ok(Reassembled::Refused(PeerRefusal::Unreadable))
        }
    }
}
