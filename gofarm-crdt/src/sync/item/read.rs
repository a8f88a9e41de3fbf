//! Items in.

use crate::capacity::{Capacity, List};
use crate::cell::{Content, Mark, Slot};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::ledger::{Address, Named};
use crate::sync::dictionary::Learned;
use crate::timestamp::Timestamp;
use crate::value::Reader;

use super::{
    BIRTH_ACTOR, BIRTH_IS_DOT, Chain, DOT_ACTOR, FULL, KIND, LOGICAL, MARKS, REGISTER, SEEN,
    SEEN_BIRTH, SEEN_LIST, TALLY, unzigzag,
};

/// One cell that came.
pub(in crate::sync) struct Item<'a> {
    pub(in crate::sync) name: Named<'a>,
    /// Its content, or that it has more writers than this side takes.
    pub(in crate::sync) content: Result<Content<'a>, Full>,
}

/// Room for the lists of one cell.
pub(in crate::sync) struct Scratch<'a, C: Capacity> {
    seen: C::List<Dot>,
    marks: C::List<Mark<'a>>,
    slots: C::List<Slot>,
    limit: usize,
    full: Option<Full>,
}

impl<C: Capacity> Scratch<'_, C> {
    /// Takes cells of up to so many writers.
    pub(in crate::sync) fn new(limit: usize) -> Self {
        Self {
            seen: Default::default(),
            marks: Default::default(),
            slots: Default::default(),
            limit,
            full: None,
        }
    }

    fn clear(&mut self) {
        self.seen.clear();
        self.marks.clear();
        self.slots.clear();
        self.full = None;
    }
}

/// Puts one more into a list, or notes that there is no room: what is left must be read nevertheless.
fn keep<T, S: List<T>>(list: &mut S, item: T, limit: usize, full: &mut Option<Full>) {
    if list.as_slice().len() >= limit || list.push(item).is_err() {
        *full = Some(Full { limit });
    }
}

/// Time-stamp, winner and value of a register.
type Written<'a> = (Timestamp, Dot, Option<&'a [u8]>);

/// Reads items one after the other.
pub(in crate::sync) struct ItemReader<'a> {
    input: Reader<'a>,
    chain: Chain,
    state: Option<&'a str>,
}

impl<'a> ItemReader<'a> {
    pub(in crate::sync) fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Reader::new(bytes),
            chain: Chain::default(),
            state: None,
        }
    }

    /// The next item; nothing at the end.
    pub(in crate::sync) fn next<'s, C: Capacity>(
        &mut self,
        names: &mut Learned<'_, C>,
        scratch: &'s mut Scratch<'a, C>,
    ) -> Result<Option<Item<'s>>, Malformed>
    where
        'a: 's,
    {
        if self.input.is_empty() {
            return Ok(None);
        }
        scratch.clear();
        let header = self.input.take_u8("item")?;
        let birth = self.birth(header, names)?;
        let address = if header & FULL == 0 {
            None
        } else {
            Some(self.address()?)
        };
        let (birth, register) = match header & KIND {
            REGISTER => {
                let (birth, register) = self.register(header, birth, names, scratch)?;
                (birth, Some(register))
            }
            kind @ (MARKS | TALLY) if header & !(KIND | FULL | BIRTH_ACTOR) == 0 => {
                let birth = birth.ok_or(Malformed::Invalid("birth"))?;
                self.chain.pass(birth, None);
                if kind == MARKS {
                    self.marks(names, scratch)?;
                } else {
                    self.tally(names, scratch)?;
                }
                (birth, None)
            }
            _ => return Err(Malformed::Invalid("item")),
        };
        let content = match register {
            Some((stamp, dot, value)) => Content::Register {
                stamp,
                dot,
                value,
                seen: scratch.seen.as_slice(),
            },
            None if header & KIND == MARKS => Content::Marks(scratch.marks.as_slice()),
            None => Content::Tally(scratch.slots.as_slice()),
        };
        Ok(Some(Item {
            name: address.map_or(Named::Birth(birth), |address| Named::Full(birth, address)),
            content: scratch.full.map_or(Ok(content), Err),
        }))
    }

    /// The birth, if it is not the winner.
    fn birth<C: Capacity>(
        &mut self,
        header: u8,
        names: &mut Learned<'_, C>,
    ) -> Result<Option<Dot>, Malformed> {
        if header & (KIND | SEEN) == (REGISTER | BIRTH_IS_DOT) {
            return if header & BIRTH_ACTOR == 0 {
                Ok(None)
            } else {
                Err(Malformed::Invalid("birth"))
            };
        }
        let actor = if header & BIRTH_ACTOR == 0 {
            self.chain.birth_actor.ok_or(Malformed::Invalid("birth"))?
        } else {
            names.take(&mut self.input)?
        };
        self.counted(actor, "birth").map(Some)
    }

    fn address(&mut self) -> Result<Address<'a>, Malformed> {
        let state = match self.input.take_varint("state name")? {
            0 => self.state.ok_or(Malformed::Invalid("state name"))?,
            more => {
                let len = usize::try_from(more.saturating_sub(1)).unwrap_or(usize::MAX);
                let bytes = self.input.take(len, "state name")?;
                core::str::from_utf8(bytes).map_err(|_| Malformed::Invalid("state name"))?
            }
        };
        self.state = Some(state);
        let field = self.input.take_varint("field")?;
        Ok(Address {
            state,
            field: u16::try_from(field).map_err(|_| Malformed::Invalid("field"))?,
            key: self.input.take_prefixed("key")?,
        })
    }

    /// The birth, and time-stamp, winner and value.
    fn register<C: Capacity>(
        &mut self,
        header: u8,
        birth: Option<Dot>,
        names: &mut Learned<'_, C>,
        scratch: &mut Scratch<'a, C>,
    ) -> Result<(Dot, Written<'a>), Malformed> {
        let (actor, before) = if header & DOT_ACTOR == 0 {
            let before = self.chain.dot.ok_or(Malformed::Invalid("dot"))?;
            (before.actor(), before.counter())
        } else {
            (names.take(&mut self.input)?, 0)
        };
        let counter = unzigzag(before, self.input.take_varint("dot")?);
        if counter == 0 {
            return Err(Malformed::Invalid("dot"));
        }
        let dot = Dot::new(actor, counter);
        let birth = birth.unwrap_or(dot);
        let stamp = self.stamp(header)?;
        match header & SEEN {
            SEEN_BIRTH => keep(&mut scratch.seen, birth, scratch.limit, &mut scratch.full),
            SEEN_LIST => {
                let mut last = None;
                for _ in 0..self.input.take_varint("replaced writes")? {
                    let dot = self.listed(&mut last, names, "replaced writes")?;
                    keep(&mut scratch.seen, dot, scratch.limit, &mut scratch.full);
                }
            }
            _ => {}
        }
        let value = self.value()?;
        self.chain.pass(birth, Some((dot, stamp)));
        Ok((birth, (stamp, dot, value)))
    }

    fn stamp(&mut self, header: u8) -> Result<Timestamp, Malformed> {
        let millis = unzigzag(self.chain.millis, self.input.take_varint("time-stamp")?);
        let logical = if header & LOGICAL == 0 {
            0
        } else {
            let logical = self.input.take_varint("time-stamp")?;
            u16::try_from(logical)
                .ok()
                .filter(|logical| *logical != 0)
                .ok_or(Malformed::Invalid("time-stamp"))?
        };
        if millis > u64::MAX >> 16 {
            return Err(Malformed::Invalid("time-stamp"));
        }
        Ok(Timestamp::from_bits((millis << 16) | u64::from(logical)))
    }

    fn marks<C: Capacity>(
        &mut self,
        names: &mut Learned<'_, C>,
        scratch: &mut Scratch<'a, C>,
    ) -> Result<(), Malformed> {
        let mut last = None;
        for _ in 0..self.input.take_varint("marks")? {
            let dot = self.listed(&mut last, names, "marks")?;
            let value = self.value()?;
            let mark = Mark { dot, value };
            keep(&mut scratch.marks, mark, scratch.limit, &mut scratch.full);
        }
        Ok(())
    }

    fn tally<C: Capacity>(
        &mut self,
        names: &mut Learned<'_, C>,
        scratch: &mut Scratch<'a, C>,
    ) -> Result<(), Malformed> {
        let mut last = None;
        for _ in 0..self.input.take_varint("tally")? {
            let dot = self.listed(&mut last, names, "tally")?;
            let present = self.input.take_u8("tally")?;
            if present > 0b1111 {
                return Err(Malformed::Invalid("tally"));
            }
            let mut sums = [0; 4];
            for (bit, sum) in sums.iter_mut().enumerate() {
                if present & (1 << bit) != 0 {
                    *sum = self.input.take_varint("tally")?;
                    if *sum == 0 {
                        return Err(Malformed::Invalid("tally"));
                    }
                }
            }
            let [up, down, up_reset, down_reset] = sums;
            let slot = Slot {
                dot,
                up,
                down,
                up_reset,
                down_reset,
            };
            keep(&mut scratch.slots, slot, scratch.limit, &mut scratch.full);
        }
        Ok(())
    }

    /// A dot in a list that is sorted by actor.
    fn listed<C: Capacity>(
        &mut self,
        last: &mut Option<Actor>,
        names: &mut Learned<'_, C>,
        what: &'static str,
    ) -> Result<Dot, Malformed> {
        let actor = names.take(&mut self.input)?;
        if last.is_some_and(|last| last >= actor) {
            return Err(Malformed::Invalid(what));
        }
        *last = Some(actor);
        self.counted(actor, what)
    }

    fn counted(&mut self, actor: Actor, what: &'static str) -> Result<Dot, Malformed> {
        match self.input.take_varint(what)? {
            0 => Err(Malformed::Invalid(what)),
            counter => Ok(Dot::new(actor, counter)),
        }
    }

    fn value(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        match self.input.take_varint("value")? {
            0 => Ok(None),
            more => {
                let len = usize::try_from(more.saturating_sub(1)).unwrap_or(usize::MAX);
                self.input.take(len, "value").map(Some)
            }
        }
    }
}
