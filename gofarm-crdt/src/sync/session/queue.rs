//! What to send next, and when all of it has arrived.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::causal_context::Run;
use crate::dot::{Actor, Dot, ReplicaId};
use crate::ledger::{CellRef, Ledger};
use crate::version_vector::VersionVector;

use super::{Cover, Feeding, Session};

impl<C: Capacity, B: Capacity> Session<C, B> {
    /// Looks whether there is anything new in the ledger, or time to offer again what was refused.
    pub(super) fn refresh<L: Ledger<Capacity = C>>(&mut self, ledger: &L, now: Instant) {
        if self.blocked.is_some_and(|at| at <= now) {
            self.blocked = None;
            self.covered = None;
            self.rescan();
        }
        let revision = Some(ledger.revision());
        if self.scan.revision != revision {
            self.scan.revision = revision;
            self.scan.next = None;
            self.scan.at_end = false;
            self.synced = false;
            // Removals were forgotten here: does the peer know of them? Its own list says so.
            let may_feed =
                self.feeding == Feeding::No && !ledger.is_adopting() && !self.is_no_source;
            if self.peer_known && may_feed && ledger.is_behind_horizon(&self.peer_context) {
                self.forget_what_peer_has();
                self.greeting.due = true;
            }
        }
    }

    /// The next cell that holds a write which the peer lacks and that is not under way.
    ///
    /// Each write is looked at once; what is passed over is remembered as runs, so looking again after a
    /// change costs as many steps as there are runs, not as there are cells.
    pub(super) fn next_cell<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
    ) -> Option<(Dot, CellRef)> {
        if self.scan.at_end {
            return None;
        }
        let mut from = self
            .scan
            .next
            .unwrap_or(Dot::new(Actor::new(ReplicaId::new(0), 0), 1));
        loop {
            let Some(lacking) = self.passed.first_lacking(from) else {
                // Every number of this actor is passed: only a hostile claim does that.
                match ledger.next_actor(Some(from.actor())) {
                    Some(actor) => {
                        from = Dot::new(actor, 1);
                        continue;
                    }
                    None => break,
                }
            };
            let Some((dot, cell)) = ledger.next_live(lacking) else {
                break;
            };
            if dot.actor() == lacking.actor() {
                self.pass_dead(ledger, lacking, dot.counter());
            }
            if self.passed.covers(dot) {
                from = dot;
                continue;
            }
            self.scan.next = Some(dot);
            return Some((dot, cell));
        }
        self.scan.at_end = true;
        None
    }

    /// Below the prefix, what no cell holds is dead and will not come back. A cell that waits to be durable
    /// is not shown either, and its writes are not dead: nothing can be said then.
    fn pass_dead<L: Ledger<Capacity = C>>(&mut self, ledger: &L, from: Dot, before: u64) {
        if !ledger.is_durable() {
            return;
        }
        let actor = from.actor();
        let last = before
            .saturating_sub(1)
            .min(ledger.context().prefix().get(actor));
        if let Some(run) = Run::new(actor, from.counter(), last) {
            let _ = self.passed.try_insert_run(run);
        }
    }

    /// The barrier: when may the peer be told that its state includes all of this one?
    ///
    /// The argument is in PROTOCOL.md, "Why a cover is true".
    pub(super) fn advance_barrier<L: Ledger<Capacity = C>>(&mut self, ledger: &L) {
        let known = |cover: &mut Cover<C>| self.peer_context.prefix().covers_all(&cover.upto);
        if self.cover.take_if(known).is_some() {
            self.after_cover();
        }
        let complete = self.scan.at_end
            && self.scan.revision == Some(ledger.revision())
            && ledger.is_durable()
            && !ledger.is_adopting()
            && self.blocked.is_none();
        let idle = self.barrier.is_none() && self.cover.is_none();
        // What it has missed is in no cell here any more, and would be claimed all the same.
        let lacks_removals = self.is_no_source && ledger.is_behind_horizon(&self.peer_context);
        if complete
            && idle
            && !lacks_removals
            && self.covered != self.scan.revision
            && self.may_send_cells()
        {
            let mut upto = VersionVector::new();
            let fits = ledger
                .context()
                .prefix()
                .iter()
                .all(|dot| upto.try_raise(dot).is_ok());
            if fits {
                self.barrier = Some(upto);
                self.covered = self.scan.revision;
                self.epoch = self.epoch.wrapping_add(1);
            }
        }
        // What was under way when the barrier was set has an earlier epoch than what was sent since.
        let before = |epoch: u32| epoch != self.epoch;
        let open = self
            .outstanding
            .as_slice()
            .iter()
            .any(|item| before(item.epoch))
            || self.job().is_some_and(|job| before(job.epoch));
        if open {
            return;
        }
        let Some(upto) = self.barrier.take() else {
            return;
        };
        if self.peer_context.prefix().covers_all(&upto) {
            self.after_cover();
        } else {
            self.cover = Some(Cover {
                upto,
                next: None,
                told: false,
            });
        }
    }

    pub(super) const fn may_send_cells(&self) -> bool {
        self.peer_known && matches!(self.feeding, Feeding::No | Feeding::Sending)
    }

    /// Whether everything here is there, and everything that the peer spoke of is here.
    pub(super) fn is_even<L: Ledger<Capacity = C>>(&self, ledger: &L) -> bool {
        self.peer_known
            && self.feeding == Feeding::No
            && self.scan.at_end
            && self.outstanding.as_slice().is_empty()
            && self.job().is_none()
            && self.barrier.is_none()
            && self.cover.is_none()
            && ledger.is_durable()
            && self.peer_context.covers_all(ledger.context())
            && ledger.context().covers_all(&self.peer_context)
    }
}
