//! Three tiers of breakers around the controller's calls: the radio, the field bus, and each probe on it.
//!
//! A probe that does not answer holds up the bus for a time-out at every poll, and a command that the radio will
//! not carry is one more that expires on the way. A breaker spares both, and what was read before serves as long
//! as it is fresh. A close never passes through here: it is sent whatever the radio did before.

use gofarm_core::command::{CommandId, Outcome as Ended};
use gofarm_core::observe::Observer;
use gofarm_core::time::{Instant, hours, minutes};
use gofarm_resilience::policy::breaker::{self, Breaker, Config, Permit, Phase, Transition};
use gofarm_resilience::{Outcome, Rejected};

/// The names by which the breakers are shown and told of.
const RADIO: &str = "radio";
const BUS: &str = "probe bus";
const PROBES: [&str; 3] = ["probe 0", "probe 1", "probe 2"];

/// One breaker for each thing that fails alone.
#[derive(Debug)]
pub(super) struct Breakers {
    radio: Breaker,
    bus: Breaker,
    probes: [Breaker; 3],
    opening: Option<(CommandId, Permit)>,
}

/// Leave to poll one probe: of the probe's breaker and of the bus's.
#[derive(Debug)]
pub(in crate::season) struct Poll {
    number: usize,
    probe: Permit,
    bus: Permit,
}

impl Breakers {
    pub(super) fn new() -> Self {
        // Two commands in a row without word of their end; what becomes of a trial may take two hours.
        let radio = Breaker::consecutive(2).half_open_for(hours(3));
        // All three probes silent in a row are the bus.
        let probe = Breaker::device().back_off(2.0, hours(1));
        Self {
            radio: made(radio.open_for(hours(1))),
            bus: made(Breaker::protocol()),
            probes: core::array::from_fn(|_| made(probe.open_for(minutes(16)))),
            opening: None,
        }
    }

    /// Leave to poll a probe.
    pub(super) fn poll(&self, now: Instant, number: usize) -> Option<Poll> {
        let breaker = self.probes.get(number)?;
        let probe = breaker.try_acquire(now).ok()?;
        match self.bus.try_acquire(now) {
            Ok(bus) => Some(Poll { number, probe, bus }),
            Err(_) => {
                breaker.cancel(probe, now);
                None
            }
        }
    }

    /// The probe answered, or did not.
    pub(super) fn polled(
        &self,
        now: Instant,
        poll: Poll,
        outcome: Outcome,
        observer: &impl Observer,
    ) {
        tell(
            observer,
            BUS,
            self.bus.record(poll.bus, now, outcome).transition(),
        );
        let named = self.probes.iter().zip(PROBES).nth(poll.number);
        if let Some((breaker, name)) = named {
            tell(
                observer,
                name,
                breaker.record(poll.probe, now, outcome).transition(),
            );
        }
    }

    /// Where each stands.
    pub(super) fn phases(&self, now: Instant) -> [(&'static str, Phase); 5] {
        let [a, b, c] = self.probes.each_ref().map(|probe| probe.phase(now));
        let (radio, bus) = (self.radio.phase(now), self.bus.phase(now));
        [
            (RADIO, radio),
            (BUS, bus),
            (PROBES[0], a),
            (PROBES[1], b),
            (PROBES[2], c),
        ]
    }

    /// Leave to send the command that opens the valve.
    pub(super) fn open(&mut self, now: Instant, id: CommandId) -> Result<(), Rejected> {
        self.give_up(now);
        self.opening = Some((id, self.radio.try_acquire(now)?));
        Ok(())
    }

    /// The command did not go out after all.
    pub(super) fn give_up(&mut self, now: Instant) {
        if let Some((_, permit)) = self.opening.take() {
            self.radio.cancel(permit, now);
        }
    }

    /// A command has ended. One that the device refused has arrived there.
    pub(super) fn ended(
        &mut self,
        now: Instant,
        id: CommandId,
        how: Ended,
        observer: &impl Observer,
    ) {
        if let Some((_, permit)) = self.opening.take_if(|(opening, _)| *opening == id) {
            let outcome = match how {
                Ended::Executed | Ended::Refused => Outcome::Success,
                Ended::Expired | Ended::Indeterminate => Outcome::Failure,
            };
            tell(
                observer,
                RADIO,
                self.radio.record(permit, now, outcome).transition(),
            );
        }
    }
}

fn tell(observer: &impl Observer, name: &str, transition: Option<Transition>) {
    if let Some(transition) = transition {
        breaker::observe_named(observer, name, transition);
    }
}

#[expect(clippy::expect_used, reason = "the figures are constants")]
fn made(config: Config) -> Breaker {
    config.build().expect("figures within their rules")
}

#[cfg(test)]
mod tests {
    use gofarm_core::time::UnixMillis;
    use gofarm_crdt::clock::Now;
    use gofarm_resilience::policy::breaker::Mode;

    use super::*;
    use crate::season::Plan;
    use crate::season::controller::{Controller, Decision};
    use crate::weather;

    const ID: CommandId = CommandId::new([7; 16]);

    #[test]
    fn a_probe_that_stays_silent_is_spared_and_the_others_are_polled() {
        let breakers = Breakers::new();
        let mut polled = [0; 3];
        for slot in 0..12 {
            let now = Instant::ZERO + minutes(15 * slot);
            for (number, polled) in polled.iter_mut().enumerate() {
                if let Some(poll) = breakers.poll(now, number) {
                    *polled += 1;
                    let outcome = match number {
                        1 => Outcome::Failure,
                        _ => Outcome::Success,
                    };
                    breakers.polled(now, poll, outcome, &());
                }
            }
        }
        assert_eq!([polled[0], polled[2]], [12; 2]);
        assert!((4..=7).contains(&polled[1]), "{polled:?}");
    }

    #[test]
    fn a_bus_that_is_cut_is_left_alone_until_its_trial() {
        let breakers = Breakers::new();
        let now = Instant::ZERO;
        for number in 0..3 {
            let poll = breakers.poll(now, number).unwrap();
            breakers.polled(now, poll, Outcome::Failure, &());
        }
        assert!((0..3).all(|number| breakers.poll(now, number).is_none()));
        let later = now + minutes(15);
        let trial = breakers.poll(later, 0).unwrap();
        assert!(breakers.poll(later, 1).is_none(), "one trial at a time");
        breakers.polled(later, trial, Outcome::Success, &());
        assert!(breakers.poll(later, 1).is_some());
    }

    #[test]
    fn opening_waits_an_hour_after_two_commands_that_never_arrived() {
        let mut breakers = Breakers::new();
        let now = Instant::ZERO;
        for _ in 0..2 {
            breakers.open(now, ID).unwrap();
            breakers.ended(now, ID, Ended::Expired, &());
        }
        let rejected = breakers.open(now, ID).unwrap_err();
        assert_eq!(rejected.retry_after(), hours(1));
        assert!(breakers.open(now + hours(1), ID).is_ok());
    }

    #[test]
    fn a_close_is_sent_whatever_the_breakers_say() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/data/hupsel_283_daily_2002_2004.csv"
        );
        let days = weather::read_file(path.as_ref()).unwrap();
        let plan = Plan::choose(&days, None, None).unwrap();
        let at = Now::new(Instant::ZERO, Some(UnixMillis::new(1_800_000_000_000)));
        let mut controller = Controller::new(1, 7, plan);
        let issued = |controller: &Controller| controller.tracker().tally().issued();
        controller.breakers.radio.hold(Mode::ForcedOpen);

        controller.act(at, Decision::Open(minutes(20)), &mut |_| {});
        assert_eq!((issued(&controller), controller.counts().held_back), (0, 1));
        controller.act(at, Decision::Close, &mut |_| {});
        assert_eq!((issued(&controller), controller.counts().held_back), (1, 1));
    }
}
