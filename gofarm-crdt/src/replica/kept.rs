//! The content of one cell, owned for a while: [`Kept`].

use alloc::vec::Vec;
use core::ops::Range;

use crate::cell::{CellKind, CellWriter, Content, Mark, Slot};
use crate::dot::{Actor, Dot};
use crate::error::Malformed;
use crate::timestamp::Timestamp;
use crate::value::{Reader, Sink, Value};

/// A copy of a cell's content; its memory is used again for the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    kind: Option<CellKind>,
    stamp: Timestamp,
    dot: Option<Dot>,
    value: Option<Range<usize>>,
    seen: Vec<Dot>,
    marks: Vec<(Dot, Option<Range<usize>>)>,
    slots: Vec<Slot>,
    bytes: Vec<u8>,
}

impl Kept {
    pub(crate) fn clear(&mut self) {
        self.kind = None;
        self.dot = None;
        self.value = None;
        self.seen.clear();
        self.marks.clear();
        self.slots.clear();
        self.bytes.clear();
    }

    pub(crate) const fn kind(&self) -> Option<CellKind> {
        self.kind
    }

    /// The winner of a register and its time-stamp.
    pub(crate) fn winner(&self) -> Option<(Dot, Timestamp)> {
        self.dot
            .filter(|_| self.kind == Some(CellKind::Register))
            .map(|dot| (dot, self.stamp))
    }

    /// Lends the content as if it had been written at `stamp`.
    pub(crate) fn with_stamp<R>(
        mut self,
        stamp: Timestamp,
        read: impl FnOnce(&Content<'_>) -> R,
    ) -> Option<R> {
        self.stamp = stamp;
        self.with(read)
    }

    /// Takes a copy.
    pub(crate) fn copy(&mut self, content: &Content<'_>) {
        self.clear();
        self.kind = Some(content.kind());
        match *content {
            Content::Register {
                stamp,
                dot,
                value,
                seen,
            } => {
                self.stamp = stamp;
                self.dot = Some(dot);
                self.value = self.keep(value);
                self.seen.extend_from_slice(seen);
            }
            Content::Marks(marks) => {
                for mark in marks {
                    let value = self.keep(mark.value);
                    self.marks.push((mark.dot, value));
                }
            }
            Content::Tally(slots) => self.slots.extend_from_slice(slots),
        }
    }

    fn keep(&mut self, value: Option<&[u8]>) -> Option<Range<usize>> {
        value.map(|value| {
            let from = self.bytes.len();
            self.bytes.extend_from_slice(value);
            from..self.bytes.len()
        })
    }

    /// What a new write of `actor` to this register replaces of other actors.
    pub(crate) fn replaced(&self, actor: Actor) -> Vec<Dot> {
        let mut seen = self.seen.clone();
        if let Some(dot) = self.dot {
            seen.push(dot);
        }
        seen.retain(|dot| dot.actor() != actor);
        seen.sort_unstable();
        seen
    }

    /// Lends the content, if there is any.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Content<'_>) -> R) -> Option<R> {
        let value = |range: &Option<Range<usize>>| {
            range
                .as_ref()
                .and_then(|range| self.bytes.get(range.clone()))
        };
        match self.kind? {
            CellKind::Register => Some(read(&Content::Register {
                stamp: self.stamp,
                dot: self.dot?,
                value: value(&self.value),
                seen: &self.seen,
            })),
            CellKind::Marks => {
                let marks: Vec<Mark<'_>> = self
                    .marks
                    .iter()
                    .map(|(dot, range)| Mark {
                        dot: *dot,
                        value: value(range),
                    })
                    .collect();
                Some(read(&Content::Marks(&marks)))
            }
            CellKind::Tally => Some(read(&Content::Tally(&self.slots))),
        }
    }

    fn put_value(&mut self, value: Option<&dyn Value>) -> Option<Range<usize>> {
        value.map(|value| {
            let from = self.bytes.len();
            value.encode(&mut self.bytes);
            from..self.bytes.len()
        })
    }

    fn take_value(&mut self, input: &mut Reader<'_>) -> Result<Option<Range<usize>>, Malformed> {
        match input.take_u8("a value's presence")? {
            0 => Ok(None),
            1 => {
                let from = self.bytes.len();
                let bytes = input.take_prefixed("a value")?;
                self.bytes.extend_from_slice(bytes);
                Ok(Some(from..self.bytes.len()))
            }
            _ => Err(Malformed::Invalid("a value's presence")),
        }
    }

    /// Reads what [`put`] wrote; `actor` tells an actor by its number.
    pub(crate) fn take(
        &mut self,
        input: &mut Reader<'_>,
        mut dot: impl FnMut(&mut Reader<'_>) -> Result<Dot, Malformed>,
    ) -> Result<(), Malformed> {
        self.clear();
        match input.take_u8("a cell's kind")? {
            0 => {
                self.stamp = Timestamp::from_bits(input.take_varint("a time-stamp")?);
                self.dot = Some(dot(input)?);
                self.value = self.take_value(input)?;
                for _ in 0..input.take_varint("the number of replaced writes")? {
                    let seen = dot(input)?;
                    self.seen.push(seen);
                }
                self.kind = Some(CellKind::Register);
            }
            1 => {
                for _ in 0..input.take_varint("the number of marks")? {
                    let dot = dot(input)?;
                    let value = self.take_value(input)?;
                    self.marks.push((dot, value));
                }
                self.kind = Some(CellKind::Marks);
            }
            2 => {
                for _ in 0..input.take_varint("the number of totals")? {
                    let dot = dot(input)?;
                    let mut number = || input.take_varint("a total");
                    let slot = Slot {
                        dot,
                        up: number()?,
                        down: number()?,
                        up_reset: number()?,
                        down_reset: number()?,
                    };
                    self.slots.push(slot);
                }
                self.kind = Some(CellKind::Tally);
            }
            _ => return Err(Malformed::Invalid("a cell's kind")),
        }
        Ok(())
    }
}

impl CellWriter for Kept {
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]) {
        self.clear();
        self.kind = Some(CellKind::Register);
        self.stamp = stamp;
        self.dot = Some(dot);
        self.value = self.put_value(value);
        self.seen.extend_from_slice(seen);
    }

    fn marks(&mut self, _: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>) {
        self.clear();
        self.kind = Some(CellKind::Marks);
        for (dot, value) in marks {
            let value = self.put_value(value);
            self.marks.push((dot, value));
        }
    }

    fn tally(&mut self, slots: &[Slot]) {
        self.clear();
        self.kind = Some(CellKind::Tally);
        self.slots.extend_from_slice(slots);
    }
}

/// Writes content for a store; `dot` writes a dot by the number of its actor.
pub(crate) fn put(
    content: &Content<'_>,
    out: &mut Vec<u8>,
    mut dot: impl FnMut(Dot, &mut Vec<u8>),
) {
    fn put_value(value: Option<&[u8]>, out: &mut Vec<u8>) {
        match value {
            None => out.put_u8(0),
            Some(bytes) => {
                out.put_u8(1);
                out.put_varint(bytes.len() as u64);
                out.put(bytes);
            }
        }
    }
    match *content {
        Content::Register {
            stamp,
            dot: winner,
            value,
            seen,
        } => {
            out.put_u8(0);
            out.put_varint(stamp.to_bits());
            dot(winner, out);
            put_value(value, out);
            out.put_varint(seen.len() as u64);
            for &seen in seen {
                dot(seen, out);
            }
        }
        Content::Marks(marks) => {
            out.put_u8(1);
            out.put_varint(marks.len() as u64);
            for mark in marks {
                dot(mark.dot, out);
                put_value(mark.value, out);
            }
        }
        Content::Tally(slots) => {
            out.put_u8(2);
            out.put_varint(slots.len() as u64);
            for slot in slots {
                dot(slot.dot, out);
                for number in [slot.up, slot.down, slot.up_reset, slot.down_reset] {
                    out.put_varint(number);
                }
            }
        }
    }
}
