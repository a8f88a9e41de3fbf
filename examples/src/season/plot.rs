//! One field of the farm with all that stands in it: [`Plot`].

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, hours};

use super::controller::RATE;
use super::field::Field;
use super::listener::Listener;
use super::message::{ToGateway, ToValve};
use super::plan::Background;
use super::probe::{Probe, Sample};
use super::radio::{Arrival, Radio};
use super::referee::Referee;
use super::valve::ValveNode;

/// After so long somebody has come to look at a leak.
const MENDED_AFTER: Duration = hours(12);
/// Somebody at the valve sets the target about once a day.
const BY_HAND: u64 = 96;

/// A field, its probes, its valve's node, and the radio between node and gateway.
#[derive(Debug)]
pub(super) struct Plot {
    number: u8,
    background: Background,
    pub(super) field: Box<dyn Field>,
    pub(super) probes: [Probe; 3],
    pub(super) valve: ValveNode,
    pub(super) radio: Radio,
    pub(super) referee: Referee,
    accidents: SplitMix64,
    /// When somebody comes to look at the leak for which the main was closed.
    mended_at: Option<Instant>,
    timeout: Instant,
}

impl Plot {
    pub(super) fn new(
        number: u8,
        seed: u64,
        epoch: UnixMillis,
        background: Background,
        field: Box<dyn Field>,
    ) -> Self {
        let mut seeds = SplitMix64::new(seed);
        let mut referee = Referee::default();
        Self {
            number,
            background,
            field,
            probes: core::array::from_fn(|_| Probe::new(seeds.next_u64(), background)),
            radio: Radio::new(seeds.next_u64(), background),
            valve: ValveNode::new(number, seeds.next_u64(), epoch, background, &mut referee),
            referee,
            accidents: SplitMix64::new(seeds.next_u64()),
            mended_at: None,
            timeout: Instant::ZERO,
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.valve.listen(listener);
    }

    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// Lets the water of a quarter of an hour run, through the valve and by itself.
    pub(super) fn step(&mut self, now: Instant, slot: usize) {
        let irrigation = millimetres(self.valve.take_flow(now));
        self.field.step(slot, irrigation);
    }

    /// One sample of each probe that may be polled.
    pub(super) fn sample(&mut self, now: Instant, slot: usize, may: [bool; 3]) -> [Sample; 3] {
        let mut samples = [Sample::Spared; 3];
        let polled = samples.iter_mut().zip(&mut self.probes).zip(may);
        for ((sample, probe), _) in polled.filter(|(_, may)| *may) {
            *sample = probe.sample(now, &*self.field, slot);
        }
        samples
    }

    /// What the node and the people do each quarter of an hour.
    pub(super) fn housekeep(&mut self, now: Instant) {
        self.valve.housekeep(now, &mut self.referee);
        if self.background.strikes(&mut self.accidents, BY_HAND) {
            let tenths = 2 + self.accidents.below(5);
            self.valve.set_by_hand(now, tenths as f32 / 10.0);
        }
        self.timeout = now;
    }

    /// The gateway opens or closes the main to this field.
    pub(super) fn set_main(&mut self, now: Instant, is_open: bool) {
        self.valve.set_main(now, is_open);
        self.mended_at = (!is_open).then(|| now + MENDED_AFTER);
        self.timeout = now;
    }

    /// Whether somebody has mended the leak now.
    pub(super) fn is_mended(&mut self, now: Instant) -> bool {
        let may_be = self.valve.is_whole(now);
        self.mended_at.take_if(|at| now >= *at && may_be).is_some()
    }

    /// The gateway has something to say, at `now` or a little later.
    pub(super) fn send(&mut self, at: Instant, message: ToValve) {
        self.radio.send_to_valve(at, message);
        self.timeout = self.timeout.min(self.radio.poll_timeout());
    }

    /// One more reason, or one less, for which nothing passes the radio.
    pub(super) fn cut_radio(&mut self, now: Instant, is_cut: bool) {
        let cuts = &mut self.radio.trouble().cuts;
        *cuts = if is_cut { *cuts + 1 } else { *cuts - 1 };
        self.timeout = now;
    }

    /// The node loses its power, which comes back after so long.
    pub(super) fn lose_power(&mut self, now: Instant, lasts: Duration) {
        self.valve.lose_power(now, lasts, &mut self.referee);
        self.timeout = now;
    }

    /// The node's firmware restarts itself.
    pub(super) fn restart(&mut self, now: Instant) {
        self.valve.restart(now);
        self.timeout = now;
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.timeout
    }

    /// Everything that is due now; gives what reaches the gateway.
    pub(super) fn poll(&mut self, now: Instant, mut heard: impl FnMut(ToGateway)) {
        self.referee.check(now);
        self.valve.poll(now, &mut self.radio, &mut self.referee);
        while let Some(arrival) = self.radio.poll(now) {
            match arrival {
                Arrival::AtValve(message) => {
                    self.valve
                        .handle(now, message, &mut self.radio, &mut self.referee);
                }
                Arrival::AtGateway(message) => heard(message),
                Arrival::LinkFound => self.valve.link_found(),
                Arrival::LinkLost => self.valve.link_lost(now),
            }
        }
        self.valve.sync(now, &mut self.radio, &mut self.referee);
        self.timeout = self.radio.poll_timeout().min(self.valve.poll_timeout());
    }

    /// Water that has run and is not in the field yet, in mm.
    pub(super) fn take_rest(&mut self, now: Instant) -> f64 {
        millimetres(self.valve.take_flow(now))
    }
}

fn millimetres(flow: Duration) -> f64 {
    flow.as_secs_f64() / 3_600.0 * RATE
}
