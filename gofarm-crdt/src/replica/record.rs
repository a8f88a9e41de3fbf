//! The records that a replica keeps in its store.
//!
//! | table | key | value |
//! |---|---|---|
//! | Meta | `f` | version of this layout |
//! | Meta | `c` | the clock's last time-stamp |
//! | Meta | `a`, actor number | the actor, the number up to which its writes are known without gaps, and that up to which some were collected |
//! | States | state number | the name |
//! | Cells | state number, field, key | the birth dot and the content, actors by their numbers |
//!
//! Numbers are LEB128, a field is 2 bytes, little-endian.

use alloc::vec::Vec;
use core::ops::Range;

use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Malformed;
use crate::replica::index::{ActorNumber, Index};
use crate::store::{Record, Table};
use crate::value::{Reader, Sink};

/// The version of the layout.
pub(crate) const FORMAT: u64 = 1;
pub(crate) const FORMAT_KEY: &[u8] = b"f";
pub(crate) const CLOCK_KEY: &[u8] = b"c";
pub(crate) const ACTOR_KEY: u8 = b'a';

/// Records, one after the other in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    records: Vec<(Table, Range<usize>, Option<Range<usize>>)>,
}

impl Batch {
    /// Adds a record: `key` and `value` write theirs.
    pub(crate) fn put(
        &mut self,
        table: Table,
        key: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        let from = self.bytes.len();
        key(&mut self.bytes);
        let middle = self.bytes.len();
        value(&mut self.bytes);
        let end = self.bytes.len();
        self.records.push((table, from..middle, Some(middle..end)));
    }

    /// Removes a record.
    pub(crate) fn remove(&mut self, table: Table, key: impl FnOnce(&mut Vec<u8>)) {
        let from = self.bytes.len();
        key(&mut self.bytes);
        self.records.push((table, from..self.bytes.len(), None));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.iter().map(|(table, key, value)| Record {
            table: *table,
            key: self.bytes.get(key.clone()).unwrap_or_default(),
            value: value
                .as_ref()
                .map(|range| self.bytes.get(range.clone()).unwrap_or_default()),
        })
    }

    /// The bytes of all keys and values.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets all; memory for more than a usual batch is given back.
    pub(crate) fn clear(&mut self) {
        const USUAL: usize = 1_024;
        self.bytes.clear();
        self.bytes.shrink_to(64 * USUAL);
        self.records.clear();
        self.records.shrink_to(USUAL);
    }
}

pub(crate) fn put_cell_key(state: u32, field: u16, key: &[u8], out: &mut Vec<u8>) {
    out.put_varint(u64::from(state));
    out.put(&field.to_le_bytes());
    out.put(key);
}

/// State, field and key of a cell's record.
pub(crate) fn take_cell_key(bytes: &[u8]) -> Result<(u32, u16, &[u8]), Malformed> {
    let mut input = Reader::new(bytes);
    let state = take_u32(&mut input, "the number of a state")?;
    let field = match *input.take(2, "the number of a field")? {
        [low, high] => u16::from_le_bytes([low, high]),
        _ => return Err(Malformed::Truncated("the number of a field")),
    };
    Ok((state, field, input.rest()))
}

pub(crate) fn take_u32(input: &mut Reader<'_>, what: &'static str) -> Result<u32, Malformed> {
    u32::try_from(input.take_varint(what)?).map_err(|_| Malformed::Invalid(what))
}

pub(crate) fn put_actor_key(number: ActorNumber, out: &mut Vec<u8>) {
    out.put_u8(ACTOR_KEY);
    out.put(&number.to_le_bytes());
}

/// What is kept of each actor: its writes are known up to `known`, and of those up to `collected` some are
/// forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActorRecord {
    pub(crate) actor: Actor,
    pub(crate) known: u64,
    pub(crate) collected: u64,
}

pub(crate) fn put_actor(record: &ActorRecord, out: &mut Vec<u8>) {
    let actor = record.actor;
    out.put(&actor.replica().get().to_le_bytes());
    out.put(&actor.incarnation().to_le_bytes());
    out.put_varint(record.known);
    out.put_varint(record.collected);
}

pub(crate) fn take_actor(bytes: &[u8]) -> Result<ActorRecord, Malformed> {
    let mut input = Reader::new(bytes);
    let replica = input
        .take(8, "a replica")?
        .try_into()
        .map_err(|_| Malformed::Truncated("a replica"))?;
    let incarnation = input
        .take(4, "an incarnation")?
        .try_into()
        .map_err(|_| Malformed::Truncated("an incarnation"))?;
    let actor = Actor::new(
        ReplicaId::new(u64::from_le_bytes(replica)),
        u32::from_le_bytes(incarnation),
    );
    let record = ActorRecord {
        actor,
        known: input.take_varint("a counter")?,
        collected: input.take_varint("a counter")?,
    };
    input.finish()?;
    Ok(record)
}

/// Writes a dot by the number of its actor, which is given one if it has none.
pub(crate) fn put_dot(index: &mut Index, dot: Dot, out: &mut Vec<u8>) {
    // Cells with an actor beyond the last number are refused when they are merged.
    let number = index.number(dot.actor()).unwrap_or(ActorNumber::MAX);
    out.put_varint(u64::from(number));
    out.put_varint(dot.counter());
}

/// Reads a dot; its actor must be known.
pub(crate) fn take_dot(index: &Index, input: &mut Reader<'_>) -> Result<Dot, Malformed> {
    const WHAT: &str = "the number of an actor";
    let number = ActorNumber::try_from(input.take_varint(WHAT)?)
        .ok()
        .and_then(|number| index.actor(number))
        .ok_or(Malformed::Invalid(WHAT))?;
    Ok(Dot::new(number, input.take_varint("a counter")?))
}
