//! Items out.

use crate::capacity::{Capacity, List};
use crate::cell::{CellWriter, Slot};
use crate::dot::{Actor, Dot};
use crate::ledger::{CellRef, Ledger};
use crate::sync::dictionary::Spell;
use crate::timestamp::Timestamp;
use crate::value::{Sink, Value};

use super::{
    BIRTH_ACTOR, BIRTH_IS_DOT, Chain, DOT_ACTOR, FULL, LOGICAL, MARKS, REGISTER, SEEN_BIRTH,
    SEEN_LIST, SEEN_NONE, TALLY, zigzag,
};

/// Where items go and what they follow.
pub(in crate::sync) struct Writing<'a, C: Capacity> {
    pub(in crate::sync) out: &'a mut dyn Sink,
    pub(in crate::sync) names: &'a mut dyn Spell,
    pub(in crate::sync) chain: &'a mut Chain,
    /// Takes the dots of the cell.
    pub(in crate::sync) dots: &'a mut C::List<Dot>,
}

/// Writes a cell as it is now, named in full or by its birth; false if there is no such cell any more.
pub(in crate::sync) fn write_item<L: Ledger>(
    ledger: &L,
    cell: CellRef,
    full: bool,
    to: Writing<'_, L::Capacity>,
) -> bool {
    let Some(birth) = ledger.birth(cell) else {
        return false;
    };
    let mut writer = Writer {
        ledger,
        cell,
        birth,
        full,
        to,
        written: false,
    };
    ledger.write(cell, &mut writer);
    writer.written
}

struct Writer<'a, 'w, L: Ledger> {
    ledger: &'a L,
    cell: CellRef,
    birth: Dot,
    full: bool,
    to: Writing<'w, L::Capacity>,
    written: bool,
}

impl<L: Ledger> Writer<'_, '_, L> {
    /// Header, birth and name.
    fn begin(&mut self, mut header: u8, birth_is_dot: bool) {
        let Writing {
            out, names, chain, ..
        } = &mut self.to;
        let same = birth_is_dot || chain.birth_actor == Some(self.birth.actor());
        header |= if same { 0 } else { BIRTH_ACTOR };
        header |= if self.full { FULL } else { 0 };
        out.put_u8(header);
        if !same {
            names.actor(self.birth.actor(), *out);
        }
        if !birth_is_dot {
            out.put_varint(self.birth.counter());
        }
        if self.full {
            let same = chain.state.replace(self.cell.state) == Some(self.cell.state);
            self.ledger.address(self.cell, &mut |address| {
                if same {
                    out.put_varint(0);
                } else {
                    out.put_varint(len_u64(address.state.len()).saturating_add(1));
                    out.put(address.state.as_bytes());
                }
                out.put_varint(u64::from(address.field));
                out.put_varint(len_u64(address.key.len()));
                out.put(address.key);
            });
        }
    }

    fn actor(&mut self, actor: Actor) {
        self.to.names.actor(actor, self.to.out);
    }

    fn value(&mut self, value: Option<&dyn Value>) {
        match value {
            None => self.to.out.put_varint(0),
            Some(value) => {
                self.to
                    .out
                    .put_varint(len_u64(value.encoded_len()).saturating_add(1));
                value.encode(self.to.out);
            }
        }
    }

    fn brings(&mut self, dot: Dot) {
        // One that finds no room is offered once more later.
        let _ = self.to.dots.push(dot);
    }
}

impl<L: Ledger> CellWriter for Writer<'_, '_, L> {
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]) {
        let seen_mode = match seen {
            [] if self.birth == dot => BIRTH_IS_DOT,
            [] => SEEN_NONE,
            [one] if *one == self.birth => SEEN_BIRTH,
            _ => SEEN_LIST,
        };
        let chain = *self.to.chain;
        let before = chain.dot.filter(|before| before.actor() == dot.actor());
        let mut header = REGISTER | seen_mode;
        header |= if before.is_some() { 0 } else { DOT_ACTOR };
        header |= if stamp.logical() == 0 { 0 } else { LOGICAL };
        self.begin(header, seen_mode == BIRTH_IS_DOT);
        if before.is_none() {
            self.actor(dot.actor());
        }
        let counter = before.map_or(0, Dot::counter);
        let millis = stamp.unix().as_millis();
        self.to.out.put_varint(zigzag(counter, dot.counter()));
        self.to.out.put_varint(zigzag(chain.millis, millis));
        if stamp.logical() != 0 {
            self.to.out.put_varint(u64::from(stamp.logical()));
        }
        if seen_mode == SEEN_LIST {
            self.to.out.put_varint(len_u64(seen.len()));
            for dot in seen {
                self.actor(dot.actor());
                self.to.out.put_varint(dot.counter());
            }
        }
        self.value(value);
        self.brings(dot);
        self.to.chain.pass(self.birth, Some((dot, stamp)));
        self.written = true;
    }

    fn marks(&mut self, len: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>) {
        self.begin(MARKS, false);
        self.to.out.put_varint(len_u64(len));
        for (dot, value) in marks.take(len) {
            self.actor(dot.actor());
            self.to.out.put_varint(dot.counter());
            self.value(value);
            self.brings(dot);
        }
        self.to.chain.pass(self.birth, None);
        self.written = true;
    }

    fn tally(&mut self, slots: &[Slot]) {
        self.begin(TALLY, false);
        self.to.out.put_varint(len_u64(slots.len()));
        for slot in slots {
            self.actor(slot.dot.actor());
            self.to.out.put_varint(slot.dot.counter());
            let sums = [slot.up, slot.down, slot.up_reset, slot.down_reset];
            let present = sums
                .iter()
                .rev()
                .fold(0, |mask, sum| (mask << 1) | u8::from(*sum != 0));
            self.to.out.put_u8(present);
            for sum in sums.into_iter().filter(|sum| *sum != 0) {
                self.to.out.put_varint(sum);
            }
            self.brings(slot.dot);
        }
        self.to.chain.pass(self.birth, None);
        self.written = true;
    }
}

fn len_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
