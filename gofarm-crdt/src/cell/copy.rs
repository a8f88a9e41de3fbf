//! A cell's content, owned: to carry it from one field to another, to keep it for later.
#![cfg(feature = "alloc")]

use alloc::vec::Vec;
use core::ops::Range;

use crate::cell::{CellWriter, Content, Mark, Slot};
use crate::dot::Dot;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// Takes the content of a cell and keeps it with encoded values; keeps its memory from one cell to the next.
///
/// ```
/// use gofarm_crdt::cell::{CellCopy, Content};
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::{Field, Pen};
/// use gofarm_crdt::register::Lww;
/// use gofarm_crdt::Timestamp;
///
/// let (mut open, mut twin) = (Lww::<bool>::new(), Lww::<bool>::new());
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut open, 0).set(true);
///
/// let mut copy = CellCopy::new();
/// open.write(0, &mut copy);
/// copy.read(|content| twin.join(&[], content)).transpose()?;
/// assert_eq!(twin.get(), Some(&true));
/// # Ok::<(), gofarm_crdt::field::JoinError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CellCopy {
    kept: Kept,
    bytes: Vec<u8>,
    dots: Vec<Dot>,
    marks: Vec<(Dot, Option<Range<usize>>)>,
    slots: Vec<Slot>,
}

#[derive(Clone, Debug, Default)]
enum Kept {
    #[default]
    Nothing,
    Register {
        stamp: Timestamp,
        dot: Dot,
        has_value: bool,
    },
    Marks,
    Tally,
}

impl CellCopy {
    /// Holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what it holds.
    pub fn clear(&mut self) {
        self.kept = Kept::Nothing;
        self.bytes.clear();
        self.dots.clear();
        self.marks.clear();
        self.slots.clear();
    }

    /// Lends the content out; nothing if it holds none.
    pub fn read<R>(&self, read: impl FnOnce(&Content<'_>) -> R) -> Option<R> {
        Some(match self.kept {
            Kept::Nothing => return None,
            Kept::Register {
                stamp,
                dot,
                has_value,
            } => read(&Content::Register {
                stamp,
                dot,
                value: has_value.then_some(&self.bytes),
                seen: &self.dots,
            }),
            Kept::Marks => {
                let value =
                    |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
                let marks: Vec<_> = self
                    .marks
                    .iter()
                    .map(|(dot, range)| Mark {
                        dot: *dot,
                        value: range.as_ref().map(value),
                    })
                    .collect();
                read(&Content::Marks(&marks))
            }
            Kept::Tally => read(&Content::Tally(&self.slots)),
        })
    }
}

impl CellWriter for CellCopy {
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]) {
        self.clear();
        self.kept = Kept::Register {
            stamp,
            dot,
            has_value: value.is_some(),
        };
        if let Some(value) = value {
            value.encode(&mut self.bytes);
        }
        self.dots.extend_from_slice(seen);
    }

    fn marks(&mut self, _: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>) {
        self.clear();
        self.kept = Kept::Marks;
        for (dot, value) in marks {
            let range = value.map(|value| {
                let start = self.bytes.len();
                value.encode(&mut self.bytes);
                start..self.bytes.len()
            });
            self.marks.push((dot, range));
        }
    }

    fn tally(&mut self, slots: &[Slot]) {
        self.clear();
        self.kept = Kept::Tally;
        self.slots.extend_from_slice(slots);
    }
}
