//! The controller: readings in, decisions and commands out.
//!
//! It stands beside the field and has a clock of its own. It acts on nothing that is not of good quality and within
//! its contract, and it never needs the link to know that water has stopped: a lease that it gave ends by itself.
//!
//! What it knows of the field it keeps in its replica: after a power cut it goes on with the readings that it had.

mod breakers;
mod water_reading;

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::{Command, CommandId, Outcome as Ended, Tracker, TrackerEvent};
use gofarm_core::observe::Observer as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, hours, minutes, secs};
use gofarm_crdt::Timestamp;
use gofarm_crdt::clock::Now;
use gofarm_resilience::Outcome;

pub(super) use self::breakers::Poll;

use self::breakers::Breakers;
use self::water_reading::WaterReading;
use super::contract::{Close, Open};
use super::listener::{Listener, Step};
use super::plan::Plan;
use super::probe::Sample;
use super::radio::{Radio, ToController, ToValve};
use super::referee::Referee;
use super::replica::{FieldReplica, GATEWAY, NODE};
use super::state::Reason;

/// Water that the valve gives to the field, in mm/h.
pub(super) const RATE: f64 = 10.0;
/// A command is sent again after this time without an answer, twice.
const RESEND: Duration = secs(30);
/// A command that has not arrived by then is refused by the device.
const VALIDITY: Duration = minutes(3);
/// How long the controller waits for word of a command.
const PATIENCE: Duration = hours(2);
/// The longest run that it plans; the contract allows 45 minutes.
const LONGEST_RUN: Duration = minutes(40);
/// The lease is longer than the plan by this: it is the safety net for a close that does not arrive.
const MARGIN: Duration = minutes(5);
/// Irrigation starts when this share of the readily available water is used up, and by plan ends at the other: the rest
/// is room for rain.
const START: f64 = 0.85;
const STOP: f32 = 0.4;
/// Rain in mm in a quarter of an hour that ends irrigation.
const RAIN_STOPS: f64 = 0.1;

/// What to do in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// Nothing: enough water, rain, a command under way, or a run that is going on.
    Hold,
    /// Nothing, because fewer than two probes can be trusted.
    Withhold,
    /// Give water for this long.
    Open(Duration),
    /// Stop now: it rains.
    Close,
}

/// What the controller knows on a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Today {
    pub(super) rooting_depth: f64,
    pub(super) readily_available: f64,
}

/// The controller of one field with one valve.
#[derive(Debug)]
pub(super) struct Controller {
    random: SplitMix64,
    epoch: UnixMillis,
    plan: Plan,
    probes: [WaterReading; 3],
    breakers: Breakers,
    /// What is known of the field, here and at the valve.
    state: FieldReplica,
    listener: Listener,
    /// When the command under way was issued.
    issued: Instant,
    tracker: Tracker<8>,
    /// A command without an answer: what it is, when to send it again, how often that is left.
    unanswered: Option<(ToValve, Instant, u32)>,
    pending: Option<CommandId>,
    /// Water may run until then, whatever the link does.
    running_until: Option<Instant>,
    /// How long the run that was asked for should be, and when to close it once it is known to have started.
    planned: Option<Duration>,
    close_at: Option<Instant>,
    counts: Counts,
}

/// What the controller took and decided.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) taken: u32,
    /// Polls that a breaker kept off the bus.
    pub(super) spared: u32,
    pub(super) accepted: u32,
    pub(super) refused: BTreeMap<&'static str, u32>,
    pub(super) decisions: u32,
    pub(super) withheld: u32,
    /// Commands to open that were not sent, because the last ones did not arrive.
    pub(super) held_back: u32,
    /// Commands that were executed and of which the flow meter said nothing.
    pub(super) unconfirmed: u32,
    /// Time with water, as the valve reported it with each close.
    pub(super) reported: Duration,
    pub(super) power_cuts: u32,
}

impl Controller {
    pub(super) fn new(seed: u64, epoch: UnixMillis, plan: Plan) -> Self {
        let mut random = SplitMix64::new(seed);
        let now = Now::new(Instant::ZERO, Some(epoch));
        Self {
            state: FieldReplica::new(GATEWAY, NODE, random.next_u64(), now),
            listener: Listener::default(),
            issued: Instant::ZERO,
            random,
            epoch,
            plan,
            probes: core::array::from_fn(|_| WaterReading::new()),
            breakers: Breakers::new(),
            tracker: Tracker::new(PATIENCE),
            unanswered: None,
            pending: None,
            running_until: None,
            planned: None,
            close_at: None,
            counts: Counts::default(),
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
        self.state.listen(listener);
    }

    /// Publishes the plan of the day; it overrules what people at the valve set before.
    pub(super) fn start_day(&mut self, now: Instant) {
        let clock = self.clock(now);
        self.state.write(clock, |field| field.stop_at.set(STOP));
    }

    /// Leave to poll a probe.
    pub(super) fn poll_probe(&self, now: Instant, number: usize) -> Option<Poll> {
        self.breakers.poll(now, number)
    }

    /// The probe was polled.
    pub(super) fn polled(&self, now: Instant, poll: Poll, sample: Sample) {
        let outcome = match sample {
            Sample::Record(_) => Outcome::Success,
            Sample::Silent | Sample::Spared => Outcome::Failure,
        };
        self.breakers.polled(now, poll, outcome, &self.listener);
    }

    /// Takes one sample of each probe, decides, and publishes both.
    pub(super) fn decide(
        &mut self,
        now: Instant,
        samples: [Sample; 3],
        today: Today,
        rain: f64,
        referee: &mut Referee,
    ) -> Decision {
        let clock = self.clock(now);
        self.state.maintain(clock);
        let good = self.take_samples(now, samples);
        self.state.write(clock, |field| {
            for &(probe, water) in &good {
                field.water.insert(probe, water);
            }
        });
        referee.committed_readings(&good);

        self.counts.decisions += 1;
        self.running_until = self.running_until.filter(|until| now < *until);
        let (decision, reason) = self.choose(now, today, rain);
        if self.state.read().reason.get() != Some(&reason) {
            self.state.write(clock, |field| field.reason.set(reason));
        }
        decision
    }

    /// The good readings among the samples, with the number of the probe.
    fn take_samples(&mut self, now: Instant, samples: [Sample; 3]) -> Vec<(u8, f32)> {
        let mut good = Vec::new();
        for ((number, probe), sample) in (0..).zip(&mut self.probes).zip(samples) {
            let sample = match sample {
                Sample::Record(raw) => Some(raw),
                Sample::Silent => None,
                // What was read before gets older, no more.
                Sample::Spared => {
                    self.counts.spared += 1;
                    continue;
                }
            };
            self.counts.taken += 1;
            match probe.take(now, sample, &self.listener) {
                Ok(water) => {
                    self.counts.accepted += 1;
                    good.push((number, water));
                }
                Err(reason) => *self.counts.refused.entry(reason).or_default() += 1,
            }
        }
        good
    }

    fn choose(&mut self, now: Instant, today: Today, rain: f64) -> (Decision, Reason) {
        if rain > RAIN_STOPS {
            let is_running = self.running_until.is_some() && self.pending.is_none();
            let decision = if is_running {
                Decision::Close
            } else {
                Decision::Hold
            };
            return (decision, Reason::Raining);
        }
        let Some(water) = self.water_content(now) else {
            self.counts.withheld += 1;
            return (Decision::Withhold, Reason::Untrusted);
        };
        let field = self.state.read();
        let depletion = 1_000.0 * (self.plan.soil.field_capacity - water) * today.rooting_depth;
        let stop_at = f64::from(*field.stop_at.get().unwrap_or(&STOP));
        let wanted = depletion - stop_at * today.readily_available;
        let is_refilling = depletion >= START * today.readily_available
            || field.reason.get() == Some(&Reason::Refilling);
        if !is_refilling || wanted <= 0.5 {
            return (Decision::Hold, Reason::Enough);
        }
        if self.pending.is_some() || self.running_until.is_some() {
            return (Decision::Hold, Reason::Refilling);
        }
        let time = Duration::from_secs_f64((wanted / RATE * 3_600.0).max(0.0).round());
        let run = time.clamp(minutes(5), LONGEST_RUN);
        (Decision::Open(run), Reason::Refilling)
    }

    /// The mean of the probes with a good reading within the last hour, in m³/m³; `None` with fewer than two.
    pub(super) fn water_content(&self, now: Instant) -> Option<f64> {
        let water = &self.state.read().water;
        let is_fresh = |probe| {
            let age = |at: Timestamp| self.wall(now).saturating_since(at.unix());
            water.stamp(&probe).is_some_and(|at| age(at) <= hours(1))
        };
        let fresh = (0..3).filter_map(|probe| water.get(&probe).filter(|_| is_fresh(probe)));
        let (sum, count) = fresh.fold((0.0, 0), |(sum, n), &w| (sum + f64::from(w), n + 1));
        (count >= 2).then(|| sum / f64::from(count))
    }

    fn wall(&self, now: Instant) -> UnixMillis {
        self.epoch + now.saturating_since(Instant::ZERO)
    }

    fn clock(&self, now: Instant) -> Now {
        Now::new(now, Some(self.wall(now)))
    }

    /// Turns a decision into a command.
    pub(super) fn act(&mut self, now: Instant, decision: Decision, radio: &mut Radio) {
        let id = self.next_id();
        match decision {
            Decision::Hold | Decision::Withhold => {}
            Decision::Open(run) => {
                if self.breakers.open(now, id).is_err() {
                    self.counts.held_back += 1;
                    return;
                }
                let lease = run + MARGIN;
                let expires = self.wall(now) + VALIDITY;
                let mut open = Command::new(id, Open).expires(expires).lease(lease);
                if let Some(trace) = Listener::trace(id) {
                    open = open.within(trace);
                }
                if self.tracker.issue(&open, now).is_ok() {
                    // It may be accepted at the last moment of its validity, and the close takes a few seconds.
                    self.running_until = Some(now + VALIDITY + lease + minutes(1));
                    self.planned = Some(run);
                    self.send(now, id, ToValve::Open(open), radio);
                } else {
                    self.breakers.give_up(now);
                }
            }
            // Never through a breaker.
            Decision::Close => {
                self.close_at = None;
                let close = Command::new(id, Close);
                if self.tracker.issue(&close, now).is_ok() {
                    self.send(now, id, ToValve::Close(close), radio);
                }
            }
        }
    }

    fn send(&mut self, now: Instant, id: CommandId, message: ToValve, radio: &mut Radio) {
        self.pending = Some(id);
        self.issued = now;
        self.unanswered = Some((message.clone(), now + RESEND, 2));
        radio.send_to_valve(now, message);
    }

    fn next_id(&mut self) -> CommandId {
        let halves = [self.random.next_u64(), self.random.next_u64()];
        let mut bytes = [0; 16];
        for (place, half) in bytes.chunks_exact_mut(8).zip(halves) {
            place.copy_from_slice(&half.to_be_bytes());
        }
        CommandId::new(bytes)
    }

    /// Takes what the valve's node says.
    pub(super) fn handle(&mut self, now: Instant, message: ToController) {
        let event = match message {
            ToController::Sync(frame) => return self.state.handle(self.clock(now), &frame),
            ToController::Report(id, report) => {
                if self.pending == Some(id) {
                    self.unanswered = None;
                }
                self.tracker.report(id, report, now)
            }
            ToController::Seen(id) => self.tracker.confirm(id, now),
            ToController::Closed(closed) => {
                self.running_until = None;
                self.close_at = None;
                self.counts.reported += closed.ran().unwrap_or_default();
                self.tracker.closed(closed)
            }
        };
        if let Some(event) = event {
            self.take(now, event);
        }
    }

    fn take(&mut self, now: Instant, event: TrackerEvent) {
        if let TrackerEvent::Ended(id, how) = event {
            self.breakers.ended(now, id, how, &self.listener);
            self.listener.observe(&how.signal());
            if self.pending == Some(id) {
                let (from, to) = (self.wall(self.issued), self.wall(now));
                let is_good = how == Ended::Executed;
                self.listener
                    .ended(Step::Issue, id, from, to, how.as_str(), is_good);
            }
        }
        match event {
            TrackerEvent::Ended(id, outcome) if self.pending == Some(id) => {
                self.pending = None;
                self.unanswered = None;
                let planned = self.planned.take();
                match outcome {
                    Ended::Executed => self.close_at = planned.map(|run| now + run),
                    // What certainly did not run needs no waiting for its end.
                    Ended::Expired | Ended::Refused => self.running_until = None,
                    Ended::Indeterminate => {}
                }
            }
            TrackerEvent::Unconfirmed(_) => self.counts.unconfirmed += 1,
            _ => {}
        }
    }

    /// When [`Controller::poll`] has something to do.
    pub(super) fn poll_timeout(&self) -> Instant {
        let resend = self.unanswered.as_ref().map(|(_, at, _)| *at);
        [resend, self.close_at, self.tracker.poll_timeout()]
            .into_iter()
            .flatten()
            .fold(self.state.poll_timeout(), Instant::min)
    }

    /// Sends again what has had no answer, and gives up what has had none for too long.
    pub(super) fn poll(&mut self, now: Instant, radio: &mut Radio) {
        if let Some((message, _, left)) = self.unanswered.take_if(|(_, at, _)| now >= *at) {
            // The same command with the same id: the device takes it once, however often it arrives.
            radio.send_to_valve(now, message.clone());
            self.unanswered = (left > 1).then_some((message, now + RESEND, left - 1));
        }
        if self.close_at.is_some_and(|at| now >= at) {
            self.act(now, Decision::Close, radio);
        }
        while let Some(event) = self.tracker.poll(now) {
            self.take(now, event);
        }
        let clock = self.clock(now);
        self.state.transmit(clock, |frame| {
            radio.send_to_valve(now, ToValve::Sync(frame));
        });
    }

    /// The gateway loses its power for a moment.
    ///
    /// Only its account of the commands under way is taken to be kept elsewhere.
    pub(super) fn lose_power(&mut self, now: Instant, referee: &mut Referee) {
        let before = self.state.read().view();
        self.state.restart(self.clock(now));
        referee.restored(before == self.state.read().view());
        self.probes = core::array::from_fn(|_| WaterReading::new());
        self.counts.power_cuts += 1;
    }

    pub(super) fn state(&self) -> &FieldReplica {
        &self.state
    }

    pub(super) fn tracker(&self) -> &Tracker<8> {
        &self.tracker
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}
