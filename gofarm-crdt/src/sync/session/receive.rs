//! A frame comes in.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::causal_context::Run;
use crate::clock::Now;
use crate::dot::Dot;
use crate::error::Malformed;
use crate::ledger::Ledger;
use crate::sync::check::verified;
use crate::sync::dictionary::{Learned, learn};
use crate::sync::event::PeerRefusal;
use crate::sync::frame::{Load, PACKET, Packet, read_run};
use crate::sync::hello::HELLO;
use crate::sync::round_trip::after;
use crate::sync::{Event, FrameError, VERSION};
use crate::value::Intake;

use super::{Fed, Feeding, Session};

/// What to say about a frame that came.
pub(super) enum Taken {
    /// Acknowledge it once everything is durable.
    Accepted,
    /// Say nothing: the peer will send it again when it can be used.
    NotNow,
    /// Parts were refused, and noted as such.
    Refused,
}

impl<C: Capacity, B: Capacity> Session<C, B> {
    /// Takes a frame that came over the link; poll for answers and events afterwards.
    ///
    /// # Errors
    /// [`FrameError`] if the frame is not one of this session or breaks the protocol; nothing was changed.
    /// A cell that is refused is no error of the frame: see [`Event::Rejected`].
    pub fn handle_input<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        frame: &[u8],
    ) -> Result<(), FrameError> {
        let limit = usize::from(self.limits.max_frame());
        if frame.len() > limit {
            return Err(FrameError::TooLong {
                len: frame.len(),
                limit,
            });
        }
        match frame.first().copied() {
            Some(HELLO) => self.receive_hello(ledger, now, frame),
            Some(PACKET) => self.receive_packet(ledger, now, frame),
            Some(kind) if kind >> 4 != VERSION => Err(FrameError::Version {
                oldest: kind >> 4,
                newest: kind >> 4,
            }),
            _ => Err(Malformed::Invalid("kind").into()),
        }
    }

    fn receive_packet<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        frame: &[u8],
    ) -> Result<(), FrameError> {
        let peer = self.peer.as_mut().ok_or(FrameError::Check)?;
        let body = verified(frame, peer.session, self.number).ok_or(FrameError::Check)?;
        let mut names: Learned<'_, C> =
            Learned::new(self.learned.as_slice(), self.limits.dictionary());
        let packet = Packet::read(body, &mut names, &self.limits)?;
        let answered = packet.ack.map_or(0, |(largest, _)| largest);
        let refused = packet.refused.as_ref().map_or(0, |refused| refused.number);
        if answered.max(refused) >= self.next_number {
            return Err(Malformed::Invalid("acknowledgement").into());
        }
        // From here on nothing fails.
        let fresh = names.into_fresh();
        learn::<C>(&mut self.learned, fresh.as_slice());
        peer.confirmed = true;
        self.engaged = true;
        self.heard_at = now.instant();
        if let Some(refused) = packet.refused {
            self.peer_refused(now.instant(), refused);
        }
        if let Some(ack) = packet.ack {
            self.peer_acknowledged(now.instant(), ack);
        }
        let Some(load) = packet.load else {
            return Ok(());
        };
        match self.take_load(ledger, now, packet.number, load) {
            Taken::Accepted => {
                self.received.note(packet.number);
                self.owe_answer(now.instant());
            }
            Taken::Refused => self.owe_answer(now.instant()),
            Taken::NotNow => {}
        }
        Ok(())
    }

    /// An answer is due soon, or at once when much has come.
    fn owe_answer(&mut self, now: Instant) {
        self.unanswered = self.unanswered.saturating_add(1);
        let patience = if self.unanswered >= (self.limits.window() / 4).max(2) {
            0
        } else {
            self.limits.ack_delay()
        };
        let at = after(now, patience);
        self.ack_at = Some(self.ack_at.map_or(at, |earlier| earlier.min(at)));
    }

    fn take_load<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        number: u64,
        load: Load<'_>,
    ) -> Taken {
        match load {
            Load::Have {
                round,
                page,
                last,
                runs,
            } => {
                if !self.peer_known && round == self.greeting.need {
                    self.take_claims(ledger, runs);
                    if self.haves_in.note(page, last) {
                        self.peer_became_known(ledger);
                    }
                }
                Taken::Accepted
            }
            Load::Adopt(round) => self.adopt(ledger, number, round),
            Load::Adopted(round) => {
                if round == self.adoption
                    && let Some(fed) = self.fed.take()
                {
                    // It has ended already if another peer was quicker.
                    if fed.adoption.is_some() && fed.adoption == ledger.adoption() {
                        ledger.end_adoption(now);
                        self.emit(Event::AdoptionEnded);
                    }
                    self.forget_what_peer_has();
                    self.greeting.due = true;
                }
                Taken::Accepted
            }
            // Whether the peer is behind the horizon must be known before anything of it is merged.
            _ if !self.peer_known || self.feeding != Feeding::No => Taken::NotNow,
            // A claim about the state of before says nothing about the one that is being adopted: it may be
            // repeated afterwards.
            Load::Cover { .. }
                if ledger.is_adopting()
                    && self.fed.is_none_or(|fed| {
                        number < fed.since || fed.adoption != ledger.adoption()
                    }) =>
            {
                Taken::NotNow
            }
            Load::Cover { runs } => self.take_cover(ledger, number, runs),
            Load::Fragment(fragment) => self.take_fragment(ledger, now, number, &fragment),
            Load::Items(bytes) => self.take_items(ledger, now, number, bytes),
        }
    }

    /// Calls `each` with the runs of a section that was read before.
    fn runs_of(&self, bytes: &[u8], each: &mut dyn FnMut(Run)) {
        let mut input = Intake::new(bytes);
        let mut names: Learned<'_, C> =
            Learned::new(self.learned.as_slice(), self.limits.dictionary());
        while !input.is_over() {
            if let Some(run) = read_run(&mut input, &mut names) {
                each(run);
            }
        }
    }

    /// The peer says what it has: of writers that it may not bring only what is here counts.
    fn take_claims<L: Ledger<Capacity = C>>(&mut self, ledger: &L, runs: &[u8]) {
        let mut claimed = core::mem::take(&mut self.peer_context);
        let mut impostor = None;
        self.runs_of(runs, &mut |run| {
            let actor = run.actor();
            let here = ledger.context().prefix().get(actor);
            let is_self = actor == ledger.actor();
            if is_self && run.last() > here {
                impostor = Some(Dot::new(actor, run.last()));
            }
            let last = if is_self || !self.identity.may_bring(actor) {
                run.last().min(here)
            } else {
                run.last()
            };
            let room = run.first() == 1 || claimed.runs().count() < self.limits.runs();
            if let Some(run) = Run::new(actor, run.first(), last).filter(|_| room) {
                // What finds no room is sent once more, that is all.
                let _ = claimed.try_insert_run(run);
            }
        });
        self.peer_context = claimed;
        if let Some(dot) = impostor {
            self.emit(Event::Impostor(dot));
        }
    }

    fn take_cover<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        number: u64,
        runs: &[u8],
    ) -> Taken {
        let mut claims: C::List<Dot> = Default::default();
        let mut fits = true;
        self.runs_of(runs, &mut |run| {
            fits &= claims.push(Dot::new(run.actor(), run.last())).is_ok();
        });
        let mut refusal = if fits { None } else { Some(PeerRefusal::Full) };
        for claim in claims.as_slice() {
            if ledger.context().covers(*claim) {
                continue;
            }
            if claim.actor() == ledger.actor() {
                self.emit(Event::Impostor(*claim));
                refusal = Some(PeerRefusal::Impostor);
            } else if !self.identity.may_bring(claim.actor()) {
                self.emit(Event::NotGranted(*claim));
                refusal = Some(PeerRefusal::NotGranted);
            }
        }
        for claim in claims.as_slice() {
            if refusal.is_some() {
                break;
            }
            match ledger.cover(*claim) {
                Ok(()) => {
                    let _ = self.peer_context.try_raise(*claim);
                    let _ = self.passed.try_raise(*claim);
                    self.synced = false;
                }
                Err(full) => {
                    self.emit(Event::Rejected(full.into()));
                    refusal = Some(PeerRefusal::Full);
                }
            }
        }
        match refusal {
            None => Taken::Accepted,
            Some(why) => self.refuse(number, 0, why),
        }
    }

    /// Notes that an item of a frame was refused.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn refuse(&mut self, number: u64, place: u16, why: PeerRefusal) -> Taken {
        // One that finds no room is not told: the peer sends its frame again, and is refused again.
        let _ = self.refusals.push((number, place, why.code()));
        Taken::Refused
    }

    fn adopt<L: Ledger<Capacity = C>>(&mut self, ledger: &mut L, number: u64, round: u64) -> Taken {
        if !self.identity.is_relay() {
            // What it may not bring would be missing from its full state, and be lost here.
            self.emit(Event::FullStateNotGranted);
            return self.refuse(number, 0, PeerRefusal::NotGranted);
        }
        if self.feeding != Feeding::No {
            // Both think that the other was away: the lesser actor gives in, or the one that has nothing to give
            // before its own adoption ends.
            let is_greater = self.peer().is_none_or(|peer| ledger.actor() > peer);
            if is_greater && !ledger.is_adopting() {
                return Taken::NotNow;
            }
            self.feeding = Feeding::No;
        }
        if round > self.adoption {
            self.adoption = round;
            ledger.begin_adoption();
            self.fed = Some(Fed {
                since: number,
                adoption: ledger.adoption(),
            });
            self.emit(Event::AdoptionBegun);
            self.forget_queue();
        }
        Taken::Accepted
    }
}
