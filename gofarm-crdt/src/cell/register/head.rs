//! What of a register does not depend on the type of its value: one function for all of them.

use core::cmp::Ordering;

use crate::capacity::List;
use crate::cell::lattice::{Met, check_dots, compare, other_kind};
use crate::cell::{CellKind, Content};
use crate::dot::{Actor, Dot};
use crate::field::{Change, JoinError};
use crate::timestamp::Timestamp;
use crate::value::Value;

/// A register without its value, to be changed in place; see there for the fields.
pub(super) struct Head<'a, L> {
    pub(super) stamp: &'a mut Timestamp,
    pub(super) dot: &'a mut Dot,
    pub(super) seen: &'a mut L,
}

/// What came to be joined: the content of a register, checked.
pub(super) struct Came<'a> {
    stamp: Timestamp,
    dot: Dot,
    pub(super) value: Option<&'a [u8]>,
    seen: &'a [Dot],
}

impl<'a> Came<'a> {
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn of(content: &Content<'a>) -> Result<Self, JoinError> {
        let Content::Register {
            stamp,
            dot,
            value,
            seen,
        } = *content
        else {
            return Err(other_kind(CellKind::Register, content));
        };
        check_dots(core::iter::once(dot))?;
        check_dots(seen.iter().copied())?;
        Ok(Self {
            stamp,
            dot,
            value,
            seen,
        })
    }

    /// Whether it is the later write; of two values of one write, whether its bytes come first.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn wins(&self, stamp: Timestamp, dot: Dot, ours: Option<&dyn Value>) -> bool {
        (self.stamp, self.dot)
            .cmp(&(stamp, dot))
            .then_with(|| compare(ours, self.value).reverse())
            == Ordering::Greater
    }
}

impl<L: List<Dot>> Head<'_, L> {
    /// Writes locally.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn set(&mut self, dot: Dot, stamp: Timestamp) {
        let replaced = *self.dot;
        *self.stamp = if (stamp, dot) > (*self.stamp, replaced) {
            stamp
        } else {
            self.stamp.next()
        };
        self.become_of(dot);
    }

    /// Takes over what came, all of it if it wins; what readers see is the caller's to say.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn join(&mut self, came: &Came<'_>, wins: bool) -> Met {
        let ours = *self.dot;
        let met = ours.counter() != 0 && ours != came.dot;
        let concurrent = met
            && ours.actor().replica() != came.dot.actor().replica()
            && !covers(ours, self.seen.as_slice(), came.dot)
            && !covers(came.dot, came.seen, ours);
        // The loser first and by force: a writer of which nothing is remembered looks concurrent.
        let mut hidden = false;
        if wins {
            *self.stamp = came.stamp;
            self.become_of(came.dot);
        } else if met {
            hidden |= self.see(came.dot, true);
        }
        for dot in came.seen {
            hidden |= self.see(*dot, false);
        }
        Met {
            change: if hidden { Change::Hidden } else { Change::None },
            conflict: concurrent.then_some((ours, came.dot)),
        }
    }

    /// Has a new winner, which has seen the one before it.
    fn become_of(&mut self, dot: Dot) {
        let replaced = core::mem::replace(self.dot, dot);
        self.prune();
        self.see(replaced, true);
    }

    /// Notes that a write is known, if that is news; with `by_force` another is forgotten for it if there is
    /// no room. Returns whether anything changed.
    #[cfg_attr(target_os = "none", inline(never))]
    fn see(&mut self, dot: Dot, by_force: bool) -> bool {
        if dot.counter() == 0
            || says(*self.dot, dot)
            || covers(*self.dot, self.seen.as_slice(), dot)
        {
            return false;
        }
        match self.find(dot.actor()) {
            Ok(at) => match self.seen.as_mut_slice().get_mut(at) {
                Some(last) => {
                    *last = dot;
                    true
                }
                None => false,
            },
            Err(at) => {
                if self.seen.insert(at, dot).is_ok() {
                    return true;
                }
                if !by_force || self.seen.remove(0).is_none() {
                    return false;
                }
                self.seen.insert(at.saturating_sub(1), dot).is_ok()
            }
        }
    }

    /// Drops what a new winner says already.
    fn prune(&mut self) {
        let mut at = 0;
        while let Some(dot) = self.seen.as_slice().get(at) {
            if says(*self.dot, *dot) {
                self.seen.remove(at);
            } else {
                at += 1;
            }
        }
    }

    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.seen
            .as_slice()
            .binary_search_by(|dot| dot.actor().cmp(&actor))
    }
}

/// Whether a winner says that another write happened before it: one replica's writes are in order, also those
/// of its earlier incarnations. So a replica that restarts every day leaves no trail.
fn says(winner: Dot, other: Dot) -> bool {
    if winner.actor() == other.actor() {
        return other.counter() <= winner.counter();
    }
    winner.actor().replica() == other.actor().replica()
}

/// Whether the writer of `winner`, who had seen `seen`, knew `dot`.
#[cfg_attr(target_os = "none", inline(never))]
fn covers(winner: Dot, seen: &[Dot], dot: Dot) -> bool {
    let knows = |known: &Dot| known.actor() == dot.actor() && known.counter() >= dot.counter();
    knows(&winner) || seen.iter().any(knows)
}
