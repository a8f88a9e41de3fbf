//! Greetings: who is there, which session, and whether there is anything to do.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::clock::Now;
use crate::ledger::Ledger;
use crate::sync::hello::{Hello, digest};
use crate::sync::round_trip::{after, doubled, passed};
use crate::sync::{Event, FrameError};

use super::{Feeding, Peer, Session};

impl<C: Capacity, B: Capacity> Session<C, B> {
    pub(super) fn receive_hello<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        frame: &[u8],
    ) -> Result<(), FrameError> {
        let hello = Hello::decode(frame).inspect_err(|error| {
            if let FrameError::Version { oldest, newest } = *error {
                self.emit(Event::Incompatible { oldest, newest });
            }
        })?;
        if hello.actor == ledger.actor() {
            return Err(FrameError::Mirror(hello.actor));
        }
        if hello.actor.replica() != self.identity.replica() {
            return Err(FrameError::WrongPeer {
                found: hello.actor.replica(),
                expected: self.identity.replica(),
            });
        }
        let fresh = self
            .peer
            .as_ref()
            .is_none_or(|peer| (peer.session, peer.actor) != (hello.session, hello.actor));
        if fresh {
            if self.peer.is_some() {
                self.forget_peer(hello.dictionary);
            } else {
                self.given.reset(hello.dictionary);
            }
            self.emit(Event::Greeted(hello.actor));
        }
        let echoed = hello.echo == self.number;
        let confirmed = echoed
            || self
                .peer
                .as_ref()
                .is_some_and(|peer| !fresh && peer.confirmed);
        self.peer = Some(Peer {
            actor: hello.actor,
            session: hello.session,
            max_frame: hello.max_frame,
            window: hello.window,
            confirmed,
            adopting: hello.adopting,
        });
        self.end_stalemate(ledger, now.instant(), &hello);
        let idle_since = self.heard_at;
        self.heard_at = now.instant();
        self.greeting.due |= !echoed;

        // Of one that takes over the full state the context is that of before.
        let is_fed = hello.adopting || self.feeding != Feeding::No;
        let equal = !is_fed && digest(ledger.context()) == hello.digest;
        if equal {
            // What the peer has is what is here: an equal list need not be sent.
            let _ = self.peer_context.try_merge(ledger.context());
            if !self.peer_known {
                self.peer_became_known(ledger);
            }
        }
        if hello.need != 0 && hello.need != self.haves_out.round() {
            if equal {
                self.greeting.due = true;
            } else {
                self.haves_out.begin(hello.need, ledger.context());
            }
        }
        // Both sides ask anew: a peer may have forgotten a write above its prefix that it had acknowledged
        // and that was overwritten there, and only its own list says so.
        let settled = !fresh && self.peer_known;
        if settled && !equal && self.is_idle(now.instant(), idle_since) {
            self.forget_what_peer_has();
        }
        self.greeting.due |= !self.peer_known && self.greeting.asked != self.greeting.need;
        Ok(())
    }

    /// Two that both wait for somebody's full state have nothing to give: after two keep-alives the greater actor
    /// gives up its adoption and feeds the other, or a farm whose only witness is gone would wait for ever.
    fn end_stalemate<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Instant,
        hello: &Hello,
    ) {
        if !hello.adopting || !ledger.is_adopting() || hello.actor > ledger.actor() {
            self.stalemate_since = None;
            return;
        }
        let since = *self.stalemate_since.get_or_insert(now);
        if passed(since, now) >= doubled(self.limits.silence(), 1) {
            self.stalemate_since = None;
            self.fed = None;
            ledger.give_up_adoption();
            self.emit(Event::AdoptionGivenUp);
            self.greeting.due = true;
        }
    }

    /// Whether both sides have had nothing to say for a while: a difference that is left is a mistake.
    fn is_idle(&self, now: Instant, since: Instant) -> bool {
        self.scan.at_end
            && self.flight.as_slice().is_empty()
            && self.outstanding.as_slice().is_empty()
            && self.blocked.is_none()
            && self.feeding == Feeding::No
            && passed(since, now) >= self.round_trip.timeout(&self.limits)
    }

    /// Whether greetings have done their work for now.
    pub(super) fn is_settled(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.confirmed)
            && (self.peer_known || self.haves_in.has_begun())
    }

    pub(super) fn hello_at(&self) -> Instant {
        if self.greeting.due {
            return Instant::ZERO;
        }
        let keep_alive = after(self.greeting.last_sent, self.limits.silence());
        match self.greeting.next {
            Some(next) if !self.is_settled() => next.min(keep_alive),
            _ => keep_alive,
        }
    }

    pub(super) fn write_hello<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        now: Instant,
        buf: &mut [u8],
    ) -> Option<usize> {
        let asked_before = !self.greeting.due && self.greeting.asked == self.greeting.need;
        if !self.peer_known && asked_before && self.peer.is_some() {
            // The round did not end: pages of two servings met. Another number begins it anew.
            self.greeting.need = self.greeting.need.checked_add(1).unwrap_or(1);
            self.haves_in = Default::default();
        }
        let need = if self.peer_known {
            0
        } else {
            self.greeting.need
        };
        let hello = Hello {
            actor: ledger.actor(),
            session: self.number,
            echo: self.peer.as_ref().map_or(0, |peer| peer.session),
            max_frame: self.limits.max_frame(),
            window: self.limits.window(),
            dictionary: self.limits.dictionary(),
            digest: digest(ledger.context()),
            need,
            adopting: ledger.is_adopting(),
        };
        let len = hello.encode(buf)?;
        let timeout = self.round_trip.timeout(&self.limits);
        let wait = doubled(timeout, self.greeting.tries.min(16));
        self.greeting.asked = need;
        self.greeting.due = false;
        self.greeting.tries = if self.is_settled() {
            0
        } else {
            self.greeting.tries.saturating_add(1)
        };
        self.greeting.next = Some(after(now, self.limits.bounded(wait)));
        self.greeting.last_sent = now;
        Some(len)
    }
}
