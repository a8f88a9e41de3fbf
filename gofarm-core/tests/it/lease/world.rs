//! A device with a valve, a journal that can fail in every way, and a second opinion on what must happen.

#![expect(
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    reason = "a test has std and fails by panicking, in its helper functions too"
)]

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use super::action::{Close, Flush, Open, Tare};
use super::disk::{Disk, Storage};
use gofarm_core::command::{
    Command, CommandId, Delivery, Duty, Journal, Lease, Outcome, RamJournal, State, Tally, Verdict,
};
use gofarm_core::time::{Instant, UnixMillis, secs};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    Open,
    Flush,
    Tare,
}

/// What happens after a command was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Report,
    Forget,
    Fail,
    CutBeforeEffect,
    CutAfterEffect,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Issue(Kinds, i64, u64, Storage, Then),
    Again(usize, Delivery, Storage, Then),
    Close,
    /// Polls; the valve obeys or not.
    Poll(bool),
    StrayClosed,
    LinkLost,
    LocalClose,
    Wait(u64),
    WallUnknown,
    WallKnown,
    /// Seconds, in either direction.
    WallSteps(i64),
    Restart,
    /// The power goes and takes the journal with it; or garbles it.
    LoseMemory(bool),
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    id: CommandId,
    kind: Kinds,
    expires: UnixMillis,
    lease: Duration,
    runs: u32,
    /// Accepted, or refused with its id possibly persisted.
    may_be_known: bool,
}

/// The second opinion: where the lease must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Idle,
    Running,
    Closing,
}

#[derive(Clone)]
pub(crate) struct World<const N: usize> {
    lease: Lease<Disk, N>,
    storage: Rc<Cell<Storage>>,
    now: Instant,
    wall: u64,
    is_wall_known: bool,
    has_wall_stepped: bool,
    has_lost_memory: bool,
    sent: Vec<Sent>,
    expected: Expected,
    until: Instant,
    opened: Instant,
    limit: Instant,
    is_driven: bool,
    must_close_on_link_loss: bool,
    tally: Tally,
}

impl<const N: usize> World<N> {
    pub(crate) const VALIDITY: Duration = secs(100);

    /// A commissioned device that has just started.
    pub(crate) fn new() -> Self {
        let storage = Rc::new(Cell::new(Storage::Works));
        let disk = Disk {
            kept: RamJournal::new(),
            storage: storage.clone(),
        };
        let mut lease = Lease::restore(disk, Instant::ZERO).longest_validity(Self::VALIDITY);
        lease.commission().unwrap();
        Self {
            lease,
            storage,
            now: Instant::ZERO,
            wall: 1_790_000_000_000,
            is_wall_known: true,
            has_wall_stepped: false,
            has_lost_memory: false,
            sent: Vec::new(),
            expected: Expected::Closing,
            until: Instant::ZERO,
            opened: Instant::ZERO,
            limit: Instant::ZERO,
            is_driven: false,
            must_close_on_link_loss: false,
            tally: Tally::default(),
        }
    }

    pub(crate) fn step(&mut self, op: Op) {
        self.storage.set(Storage::Works);
        match op {
            Op::Issue(kind, expires, lease, storage, then) => {
                let number = u128::try_from(self.sent.len()).unwrap();
                self.sent.push(Sent {
                    id: CommandId::new(number.to_be_bytes()),
                    kind,
                    expires: UnixMillis::new(self.wall.saturating_add_signed(expires * 1_000)),
                    lease: secs(lease),
                    runs: 0,
                    may_be_known: false,
                });
                self.deliver(self.sent.len() - 1, Delivery::Live, storage, then);
            }
            Op::Again(index, delivery, storage, then) => {
                if !self.sent.is_empty() {
                    self.deliver(index % self.sent.len(), delivery, storage, then);
                }
            }
            Op::Close => {
                let id = CommandId::new([0xff; 16]); // always the same: never deduplicated
                let close = Command::new(id, Close).delivered(Delivery::Retained);
                let verdict = self.lease.accept(&close, self.now, self.wall());
                assert_eq!(verdict, Verdict::Accepted, "a close is never refused");
                self.expect_closing();
            }
            Op::Poll(obeys) => {
                self.expect_end_of_lease();
                let duty = self.lease.poll(self.now);
                let must_close = self.expected == Expected::Closing;
                assert_eq!(duty == Duty::MustClose, must_close);
                self.is_driven |= must_close;
                if must_close && obeys {
                    assert!(self.lease.closed(self.now).is_some());
                    self.expected = Expected::Idle;
                }
            }
            Op::StrayClosed => {
                self.expect_end_of_lease();
                let confirmed = self.lease.closed(self.now).is_some();
                assert_eq!(
                    confirmed,
                    self.expected == Expected::Closing && self.is_driven
                );
                match self.expected {
                    Expected::Closing if confirmed => self.expected = Expected::Idle,
                    Expected::Running => self.expect_closing(),
                    _ => {}
                }
            }
            Op::LinkLost => {
                self.expect_end_of_lease();
                self.lease.link_lost(self.now);
                if self.expected == Expected::Running && self.must_close_on_link_loss {
                    self.expect_closing();
                }
            }
            Op::LocalClose => {
                self.lease.close(self.now);
                self.expect_closing();
            }
            Op::Wait(s) => {
                self.now += secs(s);
                self.wall += s * 1_000;
            }
            Op::WallUnknown => self.is_wall_known = false,
            Op::WallKnown => self.is_wall_known = true,
            Op::WallSteps(s) => {
                self.wall = self.wall.saturating_add_signed(s * 1_000);
                self.has_wall_stepped = true;
            }
            Op::Restart => self.restart(|disk| disk),
            Op::LoseMemory(garbled) => {
                self.has_lost_memory = true;
                self.restart(|mut disk| {
                    match disk.kept.saved().map(<[u8]>::to_vec) {
                        Some(mut bytes) if garbled => {
                            let middle = bytes.len() / 2;
                            bytes[middle] ^= 0x10;
                            disk.kept.save(&bytes).unwrap();
                        }
                        _ => disk.kept = RamJournal::new(),
                    }
                    disk
                });
            }
        }
        self.check();
    }

    fn wall(&self) -> Option<UnixMillis> {
        self.is_wall_known.then_some(UnixMillis::new(self.wall))
    }

    fn deliver(&mut self, index: usize, delivery: Delivery, storage: Storage, then: Then) {
        self.expect_end_of_lease();
        let sent = self.sent[index];
        let wall = self.wall();
        // Window slots in use at most; only counted where the clock has always run forward.
        let now_wall = UnixMillis::new(self.wall);
        let unexpired = self
            .sent
            .iter()
            .filter(|s| s.may_be_known && s.expires > now_wall);
        let has_room = unexpired.count() < N;
        self.storage.set(storage);
        let command = |action: Kinds| {
            let command = Command::new(sent.id, action)
                .expires(sent.expires)
                .delivered(delivery);
            if action == Kinds::Tare {
                command
            } else {
                command.lease(sent.lease)
            }
        };
        let verdict = match sent.kind {
            Kinds::Open => self
                .lease
                .accept(&with(command(sent.kind), Open), self.now, wall),
            Kinds::Flush => self
                .lease
                .accept(&with(command(sent.kind), Flush), self.now, wall),
            Kinds::Tare => self
                .lease
                .accept(&with(command(sent.kind), Tare), self.now, wall),
        };
        let power_is_gone = matches!(storage, Storage::CutBefore | Storage::CutAfter);
        let longest = match sent.kind {
            Kinds::Open => secs(30),
            Kinds::Flush => secs(10),
            Kinds::Tare => Duration::MAX,
        };
        let is_acceptable = self.expected != Expected::Closing
            && delivery == Delivery::Live
            && wall.is_some_and(|wall| wall < sent.expires)
            && storage == Storage::Works
            && sent.lease <= longest;
        let accepted = verdict == Verdict::Accepted;
        assert!(!accepted || is_acceptable, "{verdict:?} for {sent:?}");
        let must_accept = is_acceptable
            && !sent.may_be_known
            && has_room
            && self.expected == Expected::Idle
            && !self.has_wall_stepped
            && !self.has_lost_memory
            && index + 1 == self.sent.len()
            && sent.lease > Duration::ZERO
            && sent.expires.saturating_since(now_wall) <= Self::VALIDITY;
        assert!(accepted || !must_accept, "{verdict:?} for {sent:?}");
        if accepted && !power_is_gone {
            self.act(index, then);
        }
        self.storage.set(Storage::Works);
        if matches!(storage, Storage::CutAfter | Storage::FailsLate) {
            self.sent[index].may_be_known = true;
        }
        if power_is_gone {
            self.restart(|disk| disk);
        }
    }

    fn act(&mut self, index: usize, then: Then) {
        let sent = &mut self.sent[index];
        sent.may_be_known = true;
        if then != Then::CutBeforeEffect {
            sent.runs += 1;
        }
        let (id, kind, lease) = (sent.id, sent.kind, sent.lease);
        if kind != Kinds::Tare {
            if self.expected == Expected::Idle {
                self.opened = self.now;
                self.limit = Instant::FAR_FUTURE;
                self.must_close_on_link_loss = false;
            }
            self.expected = Expected::Running;
            self.until = self.now + lease;
            self.must_close_on_link_loss |= kind == Kinds::Flush;
            let longest = if kind == Kinds::Flush { 10 } else { 30 };
            self.limit = self.limit.min(self.opened + secs(longest));
            assert!(
                self.until <= self.limit,
                "longer than a contract in this run allows"
            );
        }
        match then {
            Then::Report => {
                assert!(self.lease.executed(id));
                assert!(!self.lease.executed(id), "an end is reported once");
            }
            Then::Forget => {}
            Then::Fail => {
                self.lease.failed(id, self.now);
                self.expect_closing();
            }
            Then::CutBeforeEffect | Then::CutAfterEffect => {
                self.restart(|disk| disk);
                let told: Vec<_> =
                    core::iter::from_fn(|| self.lease.poll_indeterminate()).collect();
                assert!(told.contains(&id), "a crash in between is reported");
            }
        }
    }

    fn restart(&mut self, change: impl FnOnce(Disk) -> Disk) {
        let disk = change(self.lease.clone().into_journal());
        self.lease = Lease::restore(disk, self.now).longest_validity(Self::VALIDITY);
        self.expected = Expected::Closing;
        self.is_driven = false;
        self.tally = self.lease.tally();
    }

    fn expect_closing(&mut self) {
        self.expect_end_of_lease();
        if self.expected != Expected::Closing {
            self.expected = Expected::Closing;
            self.is_driven = false;
        }
    }

    fn expect_end_of_lease(&mut self) {
        if self.expected == Expected::Running && self.now >= self.until {
            self.expected = Expected::Closing;
            self.is_driven = false;
        }
    }

    fn check(&mut self) {
        for sent in &self.sent {
            assert!(sent.runs <= 1, "{} ran {} times", sent.id, sent.runs);
        }
        let tally = self.lease.tally();
        assert!(tally.is_balanced(), "{tally:?}");
        for outcome in Outcome::ALL {
            assert!(tally.ended(outcome) >= self.tally.ended(outcome));
        }
        self.tally = tally;

        // What the next poll would say, without disturbing this world.
        let mut next = self.lease.clone();
        let is_due = match self.expected {
            Expected::Idle => false,
            Expected::Running => self.now >= self.until,
            Expected::Closing => true,
        };
        assert_eq!(next.poll(self.now) == Duty::MustClose, is_due);
        match self.expected {
            Expected::Running if !is_due => {
                assert_eq!(self.lease.state(), State::Running { until: self.until });
                assert_eq!(self.lease.poll_timeout(), Some(self.until));
                assert_eq!(next.poll(self.until), Duty::MustClose);
            }
            Expected::Idle => assert_eq!(self.lease.poll_timeout(), None),
            _ => assert!(self.lease.poll_timeout().is_some()),
        }
        // Whatever it is doing, a start from here closes first and keeps a balanced tally.
        let restarted = Lease::<Disk, N>::restore(self.lease.clone().into_journal(), self.now);
        assert!(matches!(restarted.state(), State::Closing { .. }));
        assert!(restarted.tally().is_balanced());
    }
}

fn with<A>(command: Command<Kinds>, action: A) -> Command<A> {
    let mut typed = Command::new(command.id(), action).delivered(command.delivery());
    if let Some(expires) = command.expiry() {
        typed = typed.expires(expires);
    }
    if let Some(lease) = command.lease_time() {
        typed = typed.lease(lease);
    }
    typed
}
