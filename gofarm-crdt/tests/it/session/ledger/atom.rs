//! What one cell of the ledger holds.

use alloc::collections::BTreeMap;

use gofarm_crdt::Timestamp;
use gofarm_crdt::cell::{CellKind, Content, Slot};
use gofarm_crdt::dot::{Actor, Dot};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Atom {
    Register(Timestamp, Dot, Option<Vec<u8>>, BTreeMap<Actor, u64>),
    Marks(BTreeMap<Actor, (u64, Option<Vec<u8>>)>),
    Tally(BTreeMap<Actor, Slot>),
}

pub(super) fn dots(atom: &Atom) -> Vec<Dot> {
    match atom {
        Atom::Register(_, dot, ..) => vec![*dot],
        Atom::Marks(marks) => marks
            .iter()
            .map(|(actor, mark)| Dot::new(*actor, mark.0))
            .collect(),
        Atom::Tally(slots) => slots.values().map(|slot| slot.dot).collect(),
    }
}

pub(super) fn kind(atom: &Atom) -> CellKind {
    match atom {
        Atom::Register(..) => CellKind::Register,
        Atom::Marks(_) => CellKind::Marks,
        Atom::Tally(_) => CellKind::Tally,
    }
}

pub(super) fn join(atom: &mut Atom, content: &Content<'_>) {
    match (atom, content) {
        (
            Atom::Register(stamp, dot, value, seen),
            Content::Register {
                stamp: their_stamp,
                dot: their_dot,
                value: their_value,
                seen: their_seen,
            },
        ) => {
            for theirs in *their_seen {
                let slot = seen.entry(theirs.actor()).or_insert(0);
                *slot = (*slot).max(theirs.counter());
            }
            let (winner, loser) = ((*their_stamp, *their_dot), (*stamp, *dot));
            if winner > loser {
                (*stamp, *dot) = winner;
                *value = their_value.map(<[u8]>::to_vec);
            }
            let lost = winner.min(loser).1;
            if lost.counter() > 0 && lost.actor() != dot.actor() {
                let slot = seen.entry(lost.actor()).or_insert(0);
                *slot = (*slot).max(lost.counter());
            }
        }
        (Atom::Marks(marks), Content::Marks(theirs)) => {
            for mark in *theirs {
                let slot = marks.entry(mark.dot.actor()).or_insert((0, None));
                if mark.dot.counter() > slot.0 {
                    *slot = (mark.dot.counter(), mark.value.map(<[u8]>::to_vec));
                } else if mark.dot.counter() == slot.0 && mark.value.is_none() {
                    slot.1 = None;
                }
            }
        }
        (Atom::Tally(slots), Content::Tally(theirs)) => {
            for their in *theirs {
                let slot = slots.entry(their.dot.actor()).or_insert(*their);
                slot.dot = slot.dot.max(their.dot);
                slot.up = slot.up.max(their.up);
                slot.down = slot.down.max(their.down);
                slot.up_reset = slot.up_reset.max(their.up_reset);
                slot.down_reset = slot.down_reset.max(their.down_reset);
            }
        }
        _ => panic!("checked before"),
    }
}
