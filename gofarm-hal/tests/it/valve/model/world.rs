//! One valve, its pins, its clock and its judge.

use core::fmt::{self, Write};

use gofarm_core::command::Command;
use gofarm_core::contract::Action;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::flow_meter::Flow;
use gofarm_hal::valve::{Confirm, EndSwitches, Valve, Verdict};

use super::judge::{Judge, Role};
use super::kinds::{Happening, Kind, SETTLE, SLOW_RETRY};
use crate::valve::rig::{
    Close, Open, OpenLive, Page, START, TestPins, TestValve, command, run, started, wall,
};

#[derive(Clone, Debug)]
pub(super) struct World<K: Kind> {
    valve: TestValve<K::Drive>,
    are_pins_broken: bool,
    now: Instant,
    judge: Judge,
    /// How many commands were accepted, and when the last one was issued.
    ids: u8,
    issued: Option<Instant>,
    /// What the valve told in the last step.
    pub(super) told: Vec<&'static str>,
}

impl<K: Kind> World<K> {
    /// The situations from which everything is tried: just started; closed and ready; opening; open under a lease, and
    /// by hand; closing.
    pub(super) fn roots() -> Vec<Self> {
        use Happening::*;
        let (valve, now) = started(K::config());
        let fresh = Self {
            valve,
            are_pins_broken: false,
            now,
            judge: Judge::new::<K>(now),
            ids: 0,
            issued: None,
            told: Vec::new(),
        };
        assert_eq!(now, START);
        let opening = fresh.clone().after_closing().stepped(&[Late, OpenLong]);
        let by_hand = fresh.clone().after_closing().stepped(&[Late, OpenByHand]);
        let open = opening.clone().after_opening();
        vec![
            fresh.clone(),
            fresh.clone().after_closing(),
            fresh.after_closing().stepped(&[Late]),
            opening,
            open.clone(),
            by_hand.after_opening(),
            open.clone().stepped(&[ToTheEnd]),
            open.stepped(&[CloseCommand, Next]),
        ]
    }

    fn stepped(mut self, events: &[Happening]) -> Self {
        for &event in events {
            self.step(event)
                .unwrap_or_else(|why| panic!("{why}\nafter {event:?}\nin {self:#?}"));
        }
        self
    }

    /// As everything goes right until it is closed.
    fn after_closing(self) -> Self {
        use Happening::*;
        let mut world = self.stepped(&[ReserveReady]);
        for _ in 0..40 {
            if world.valve.is_closed() {
                return world;
            }
            world = match (K::CONFIRM, world.judge.role()) {
                (Confirm::EndSwitch, Some(Role::Closes)) => world.stepped(&[AtClosedEnd]),
                (Confirm::Flow, Some(Role::Closes)) => world.stepped(&[Next, Settled, Still]),
                (Confirm::Current, _) => world.stepped(&[Next, Milliamps(0)]),
                (Confirm::Nothing, _) if K::EVENTS.contains(&Charged) => {
                    world.stepped(&[Charged, Next])
                }
                _ => world.stepped(&[Next]),
            };
        }
        panic!("it does not close: {world:#?}");
    }

    /// As everything goes right until it is open.
    fn after_opening(self) -> Self {
        use Happening::*;
        let mut world = self;
        for _ in 0..20 {
            if world.valve.is_open() {
                return world;
            }
            world = match (K::CONFIRM, world.judge.role()) {
                (Confirm::EndSwitch, Some(Role::Opens)) => world.stepped(&[AtOpenEnd]),
                _ if K::EVENTS.contains(&Charged) => world.stepped(&[Charged, Next]),
                _ => world.stepped(&[Next]),
            };
        }
        panic!("it does not open: {world:#?}");
    }

    /// Lets one thing happen, polls, and judges.
    pub(super) fn step(&mut self, event: Happening) -> Result<(), String> {
        use Happening::*;
        let permission = self.judge.permission();
        self.now = match event {
            Short => self.now + millis(10),
            Next => self.now.max(self.valve.poll_timeout().unwrap_or(self.now)),
            Late => self.now + secs(2),
            ToTheEnd => self.now.max(permission.unwrap_or(self.now)),
            Settled => self.now + SETTLE,
            _ => self.now,
        };
        let now = self.now;
        if self.valve.poll_timeout().is_some_and(|at| now > at) {
            self.judge.polled_late::<K>(now);
        }
        if permission.is_some_and(|until| now >= until) {
            self.judge.ended::<K>(now);
        }
        match event {
            OpenShort => self.open(OpenLive, millis(150), true)?,
            OpenLong => self.open(Open, secs(2), false)?,
            OpenAgain => {
                if let Some(issued) = self.issued {
                    let again = command(Open, self.ids, issued).lease(secs(2));
                    if self.valve.accept(&again, now, Some(wall(now))) == Verdict::Accepted {
                        return Err("the same command ran twice".into());
                    }
                }
            }
            CloseCommand => {
                let close = command(Close, 0xFF, now);
                if self.valve.accept(&close, now, None) != Verdict::Accepted {
                    return Err("a close was refused".into());
                }
                self.judge.ended::<K>(now);
            }
            LinkLost => {
                self.valve.link_lost(now);
                self.judge.link_lost::<K>(now);
            }
            OpenByHand => {
                if self.valve.open_by_hand(millis(400), now).is_ok() {
                    self.judge.permitted(millis(400), false, now)?;
                }
            }
            CloseByHand => {
                self.valve.close_by_hand(millis(300), now);
                self.judge.ended::<K>(now);
            }
            ReserveLow | ReserveReady => {
                let is_ready = event == ReserveReady;
                self.valve
                    .reserve(if is_ready { 3_300 } else { 3_000 }, now);
                self.judge.reserve::<K>(is_ready, now);
            }
            PinsBreak | PinsMend => {
                self.are_pins_broken = event == PinsBreak;
                self.valve.pins().are_broken.set(self.are_pins_broken);
                self.judge.defer::<K>(now);
            }
            ResetKept | ResetLost => self.reset(event == ResetKept)?,
            Flow => self.flow(5_000),
            Still => self.flow(0),
            Milliamps(milliamps) => {
                self.valve.current(milliamps, now);
                if K::CONFIRM == Confirm::Current {
                    self.judge.evidence(milliamps == 0);
                }
            }
            Charged => self.valve.boost(9_000, now),
            AtOpenEnd => self.switches(true, false),
            AtClosedEnd => self.switches(false, true),
            BetweenEnds => self.switches(false, false),
            // The clock has stepped back, for one poll.
            Back => self.poll(Instant::from_micros(now.as_micros() - 5_000))?,
            Short | Next | Late | ToTheEnd | Settled => {}
        }
        self.poll(now)
    }

    fn open<A: Action>(
        &mut self,
        action: A,
        lease: core::time::Duration,
        is_live: bool,
    ) -> Result<(), String> {
        let fresh: Command<A> = command(action, self.ids + 1, self.now).lease(lease);
        if self.valve.accept(&fresh, self.now, Some(wall(self.now))) == Verdict::Accepted {
            self.ids += 1;
            self.issued = Some(self.now);
            self.judge.permitted(lease, is_live, self.now)?;
        }
        Ok(())
    }

    fn flow(&mut self, rate: u32) {
        self.valve.flow(Flow { rate, volume: 0 }, self.now);
        self.judge.evidence(rate == 0);
    }

    fn switches(&mut self, open: bool, closed: bool) {
        self.valve
            .end_switches(EndSwitches { open, closed }, self.now);
        self.judge.evidence(closed);
    }

    fn reset(&mut self, is_journal_kept: bool) -> Result<(), String> {
        let (_, journal) = self.valve.clone().into_parts();
        let journal = if is_journal_kept {
            journal
        } else {
            Page::new()
        };
        let pins = TestPins::new();
        pins.are_broken.set(self.are_pins_broken);
        self.valve = Valve::wire(pins, K::config(), journal, self.now)
            .map_err(|error| error.to_string())?
            .longest_validity(secs(1));
        self.judge.reset::<K>(self.now);
        Ok(())
    }

    fn poll(&mut self, at: Instant) -> Result<(), String> {
        let result = self.valve.poll(at);
        self.told.clear();
        while let Some(event) = self.valve.poll_event() {
            self.told.push(event.as_str());
            self.judge.told::<K>(event, self.now)?;
        }
        match (result, self.valve.pins().output) {
            (Ok(()), Some(output)) => self.judge.shown::<K>(K::role(output), self.now)?,
            (Ok(()), None) => return Err("the pins were never set".into()),
            (Err(_), _) => self.judge.pins_failed::<K>(self.now),
        }
        let end = self.judge.permission();
        if let Some(end) = end
            && self.valve.poll_timeout().is_none_or(|at| at > end)
        {
            return Err("it does not ask to be polled at the end of the run".into());
        }
        Ok(())
    }

    /// Left alone and polled as it asks, what closes comes on in time; and again until it is confirmed.
    pub(super) fn check_that_it_closes(&self) -> Result<(), String> {
        if !self.judge.is_due()
            || self.are_pins_broken
            || self.judge.role() == Some(Role::Closes) && self.judge.begins_by().is_none()
        {
            return Ok(());
        }
        let again = self.now + SLOW_RETRY + SETTLE + K::STROKE + K::STROKE;
        let by = self.judge.begins_by().unwrap_or(again);
        let mut closes = None;
        let mut alone = self.valve.clone();
        run(&mut alone, self.now, by.max(self.now), |valve, now| {
            let output = valve.pins().output;
            if valve.is_closed() || output.is_some_and(|on| K::role(on) == Role::Closes) {
                closes.get_or_insert(now);
            }
        });
        match closes {
            Some(_) => Ok(()),
            None => Err(format!("nothing closes it by {by:?}")),
        }
    }

    /// A number for the state, the same for the same situation at another time.
    pub(super) fn key(&self) -> u64 {
        let mut key = Key {
            hash: 0,
            now: (self.now.as_micros(), 1_500_000),
            wall: (wall(self.now).as_millis(), 1_500),
            before: Before::Other,
        };
        let Self {
            valve,
            are_pins_broken,
            now: _,
            judge,
            ids: _,
            issued,
            told: _,
        } = self;
        write!(key, "{valve:?}{judge:?}{are_pins_broken}{issued:?}").unwrap();
        key.hash
    }
}

/// Hashes what `Debug` writes, with times relative to the present, without the counters, and without the commands'
/// names, which are never used twice.
struct Key {
    hash: u64,
    /// The present in µs, and how far back times count.
    now: (u64, i128),
    /// The same in wall time and ms.
    wall: (u64, i128),
    before: Before,
}

enum Before {
    Other,
    Named((u64, i128)),
    Opened((u64, i128)),
    /// In something that does not count, which ends with this.
    Skipped(&'static str),
}

impl Key {
    fn mix(&mut self, word: u64) {
        self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl fmt::Write for Key {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.before = match (&self.before, text) {
            (Before::Skipped(end), text) if *end == text => Before::Other,
            (Before::Skipped(_), _) => return Ok(()),
            (_, "Tally") => Before::Skipped(" }"),
            (_, "CommandId(") => Before::Skipped(")"),
            (_, "Instant") => Before::Named(self.now),
            (_, "UnixMillis") => Before::Named(self.wall),
            (Before::Named(present), "(") => Before::Opened(*present),
            (Before::Opened((present, past)), digits) => {
                let time: u64 = digits.parse().unwrap();
                // What lies further away than every time in the rules is as good as for ever.
                let ahead = i128::from(time) - i128::from(*present);
                let ahead = ahead.clamp(-past, 4 * past) + past;
                self.mix(u64::try_from(ahead).unwrap());
                self.before = Before::Other;
                return Ok(());
            }
            _ => Before::Other,
        };
        for bytes in text.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            self.mix(u64::from_le_bytes(word));
        }
        Ok(())
    }
}
