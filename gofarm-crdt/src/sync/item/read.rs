//! Items in.

use crate::capacity::{Capacity, List};
use crate::cell::{Content, Mark, Slot};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::ledger::{Address, Named};
use crate::sync::dictionary::Learned;
use crate::timestamp::Timestamp;
use crate::value::{Intake, NO_DOT};

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
    input: Intake<'a>,
    chain: Chain,
    state: Option<&'a str>,
}

impl<'a> ItemReader<'a> {
    pub(in crate::sync) fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Intake::new(bytes),
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
        if self.input.is_over() {
            return Ok(None);
        }
        scratch.clear();
        let header = self.input.u8("item");
        let birth = self.birth(header, names);
        let address = (header & FULL != 0).then(|| self.address());
        let kind = header & KIND;
        let mut register = None;
        let birth = match (kind, birth) {
            (REGISTER, birth) => {
                let (birth, written) = self.register(header, birth, names, scratch);
                register = Some(written);
                birth
            }
            (MARKS | TALLY, Some(birth)) if header & !(KIND | FULL | BIRTH_ACTOR) == 0 => {
                self.chain.pass(birth, None);
                if kind == MARKS {
                    self.marks(names, scratch);
                } else {
                    self.tally(names, scratch);
                }
                birth
            }
            _ => {
                self.input.invalid("item");
                NO_DOT
            }
        };
        self.input.check()?;
        let content = match register {
            Some((stamp, dot, value)) => Content::Register {
                stamp,
                dot,
                value,
                seen: scratch.seen.as_slice(),
            },
            None if kind == MARKS => Content::Marks(scratch.marks.as_slice()),
            None => Content::Tally(scratch.slots.as_slice()),
        };
        Ok(Some(Item {
            name: address.map_or(Named::Birth(birth), |address| Named::Full(birth, address)),
            content: scratch.full.map_or(Ok(content), Err),
        }))
    }

    /// The birth, if it is not the winner.
    fn birth<C: Capacity>(&mut self, header: u8, names: &mut Learned<'_, C>) -> Option<Dot> {
        if header & (KIND | SEEN) == (REGISTER | BIRTH_IS_DOT) {
            if header & BIRTH_ACTOR != 0 {
                self.input.invalid("birth");
            }
            return None;
        }
        let actor = if header & BIRTH_ACTOR == 0 {
            self.known(self.chain.birth_actor, "birth")
        } else {
            names.take(&mut self.input)
        };
        Some(Dot::new(actor, self.input.counter("birth")))
    }

    /// What an item before this one must have said.
    fn known(&mut self, actor: Option<Actor>, what: &'static str) -> Actor {
        if actor.is_none() {
            self.input.invalid(what);
        }
        actor.unwrap_or(NO_DOT.actor())
    }

    fn address(&mut self) -> Address<'a> {
        let state = match self.input.value("state name") {
            None => self.state,
            Some(bytes) => core::str::from_utf8(bytes).ok(),
        };
        if state.is_none() {
            self.input.invalid("state name");
        }
        self.state = state;
        let field = u16::try_from(self.input.varint("field"));
        if field.is_err() {
            self.input.invalid("field");
        }
        Address {
            state: state.unwrap_or_default(),
            field: field.unwrap_or_default(),
            key: self.input.prefixed("key"),
        }
    }

    /// The birth, and time-stamp, winner and value.
    fn register<C: Capacity>(
        &mut self,
        header: u8,
        birth: Option<Dot>,
        names: &mut Learned<'_, C>,
        scratch: &mut Scratch<'a, C>,
    ) -> (Dot, Written<'a>) {
        let (actor, before) = if header & DOT_ACTOR == 0 {
            let actor = self.known(self.chain.dot.map(Dot::actor), "dot");
            (actor, self.chain.dot.map_or(0, Dot::counter))
        } else {
            (names.take(&mut self.input), 0)
        };
        let counter = unzigzag(before, self.input.varint("dot"));
        if counter == 0 {
            self.input.invalid("dot");
        }
        let dot = Dot::new(actor, counter);
        let birth = birth.unwrap_or(dot);
        let stamp = self.stamp(header);
        match header & SEEN {
            SEEN_BIRTH => keep(&mut scratch.seen, birth, scratch.limit, &mut scratch.full),
            SEEN_LIST => {
                self.list(names, "replaced writes", &mut |_, dot| {
                    keep(&mut scratch.seen, dot, scratch.limit, &mut scratch.full);
                });
            }
            _ => {}
        }
        let value = self.input.value("value");
        self.chain.pass(birth, Some((dot, stamp)));
        (birth, (stamp, dot, value))
    }

    fn stamp(&mut self, header: u8) -> Timestamp {
        let millis = unzigzag(self.chain.millis, self.input.varint("time-stamp"));
        let logical = if header & LOGICAL == 0 {
            0
        } else {
            self.input.counter("time-stamp")
        };
        if millis > u64::MAX >> 16 || logical > u64::from(u16::MAX) {
            self.input.invalid("time-stamp");
        }
        Timestamp::from_bits((millis << 16) | logical)
    }

    fn marks<C: Capacity>(&mut self, names: &mut Learned<'_, C>, scratch: &mut Scratch<'a, C>) {
        self.list(names, "marks", &mut |input, dot| {
            let value = input.value("value");
            let mark = Mark { dot, value };
            keep(&mut scratch.marks, mark, scratch.limit, &mut scratch.full);
        });
    }

    fn tally<C: Capacity>(&mut self, names: &mut Learned<'_, C>, scratch: &mut Scratch<'a, C>) {
        self.list(names, "tally", &mut |input, dot| {
            let present = input.u8("tally");
            if present > 0b1111 {
                input.invalid("tally");
            }
            let mut sums = [0; 4];
            for (bit, sum) in sums.iter_mut().enumerate() {
                if present & (1 << bit) != 0 {
                    *sum = input.counter("tally");
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
        });
    }

    /// How many, and so many dots sorted by actor; `each` reads what follows one.
    fn list<C: Capacity>(
        &mut self,
        names: &mut Learned<'_, C>,
        what: &'static str,
        each: &mut dyn FnMut(&mut Intake<'a>, Dot),
    ) {
        let mut last = None;
        for _ in 0..self.input.varint(what) {
            let actor = names.take(&mut self.input);
            if last.is_some_and(|last| last >= actor) {
                self.input.invalid(what);
            }
            last = Some(actor);
            let dot = Dot::new(actor, self.input.counter(what));
            if self.input.check().is_err() {
                return;
            }
            each(&mut self.input, dot);
        }
    }
}
