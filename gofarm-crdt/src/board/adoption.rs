//! Taking over a peer's full state, without memory for a second one.
//!
//! What the peer sends is merged into what is here, and each cell that comes is noted. At the end the peer has
//! said how much it knows; what it knows and did not send is what it forgot, and goes here too. Until then readers
//! see the old state with what came so far. A mark that the peer knows, but does not send within a cell that it
//! sends, is killed by merging the same mark, dead.

use crate::board::{Board, MAX_KEY};
use crate::cell::{CellKind, Content, Mark};
use crate::dot::{Actor, Dot};
use crate::field::Field;
use crate::state::Replicated;

impl<T: Replicated, const ACTORS: usize, const CELLS: usize> Board<'_, T, ACTORS, CELLS> {
    /// A cell came while a full state is adopted. Marks of others that the peer did not send with it are
    /// gone; those of this board may be ones that the peer never saw, which shows at the end.
    pub(super) fn arrived(&mut self, number: u16, cell: u32, key: &[u8], content: &Content<'_>) {
        let own = self.actor;
        let Some(entry) = self.cells.find_mut(number, cell) else {
            return;
        };
        let is_first = !entry.came();
        entry.set_came();
        let Content::Marks(sent) = *content else {
            return;
        };
        let Some(field) = self.state.field_mut(number).filter(|_| is_first) else {
            return;
        };
        let was_sent = |actor: Actor| sent.iter().any(|mark| mark.dot.actor() == actor);
        kill(field, cell, key, &|dot| {
            dot.actor() != own && !was_sent(dot.actor())
        });
        if !was_sent(own) {
            entry.set_doubted();
        }
        entry.set_dirty();
        self.unsaved = true;
    }

    /// The peer has sent all that it has: what it knows and did not send goes.
    pub(super) fn sweep(&mut self) {
        let mut at = 0;
        while let Some(entry) = self.cells.as_slice().get(at).copied() {
            let mut buffer = [0; MAX_KEY];
            let key = self.key_of(entry.field, entry.cell, &mut buffer);
            let (covers, own) = (&self.covers, self.actor);
            let Some((field, key)) = self.state.field_mut(entry.field).zip(key) else {
                at += 1;
                continue;
            };
            let is_known = |dot| covers.covers(dot);
            if entry.came() {
                if entry.is_doubted() {
                    kill(field, entry.cell, key, &|dot| {
                        dot.actor() == own && is_known(dot)
                    });
                }
            } else if field.dots(entry.cell, &mut |dot| is_known(dot)) {
                field.erase(entry.cell);
                self.cells.remove(at);
                continue;
            } else {
                kill(field, entry.cell, key, &is_known);
            }
            if let Some(entry) = self.cells.find_mut(entry.field, entry.cell) {
                entry.set_dirty();
            }
            at += 1;
        }
    }
}

/// Kills the marks of a cell that are `wanted` dead; does nothing to cells of another kind.
#[cfg_attr(target_os = "none", inline(never))]
fn kill(field: &mut dyn Field, cell: u32, key: &[u8], wanted: &dyn Fn(Dot) -> bool) {
    if field.kind() != CellKind::Marks {
        return;
    }
    let mut last: Option<Dot> = None;
    loop {
        let mut next: Option<Dot> = None;
        field.dots(cell, &mut |dot| {
            if last.is_none_or(|last| dot > last) && next.is_none_or(|least| dot < least) {
                next = Some(dot);
            }
            true
        });
        let Some(dot) = next else {
            return;
        };
        if wanted(dot) {
            let dead = Mark { dot, value: None };
            let joined = field.join(key, &Content::Marks(&[dead]));
            debug_assert!(joined.is_ok(), "a mark that is there has room");
        }
        last = next;
    }
}
