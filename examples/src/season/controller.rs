//! The controller: readings in, decisions and commands out.
//!
//! It runs on the gateway beside the field. It acts on nothing that is not of good quality and within its contract, and it
//! never needs the link to know that water has stopped: a lease that it gave ends by itself.
//!
//! What others may want to know it writes into the gateway's replica of the field. How old a reading is, it knows by the
//! clock that never jumps.

mod breakers;
mod choice;
mod counts;
mod main_valve;
mod outlook;
mod samples;
mod water_reading;

use core::time::Duration;

use gofarm_core::command::{Command, CommandId, Outcome as Ended, Tracker, TrackerEvent};
use gofarm_core::observe::Observer as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::reading::Reading;
use gofarm_core::time::{Instant, UnixMillis, hours, minutes, secs};
use gofarm_crdt::clock::Now;
use gofarm_hal::flow_meter::FlowWatch;
use gofarm_resilience::policy::breaker::Phase;

pub(super) use self::choice::{Choice, Decision, Issue};
pub(super) use self::outlook::Morning;
pub(super) use self::samples::{Quarter, Verdict};

use self::breakers::{Breakers, Poll};
use self::counts::Counts;
use self::outlook::Outlook;
use self::water_reading::WaterReading;
use super::contract::{Close, Open};
use super::gateway::Output;
use super::listener::{Listener, Step};
use super::message::{ToGateway, ToValve};
use super::plan::Plan;
use super::replica::FieldReplica;
use super::upkeep::Settings;

/// Water that the valve gives to the field, in mm/h.
pub(super) const RATE: f64 = 10.0;
/// A command is sent again after this time without an answer, twice.
const RESEND: Duration = secs(30);
/// A command that has not arrived by then is refused by the device.
const VALIDITY: Duration = minutes(3);
/// How long the controller waits for word of a command.
const PATIENCE: Duration = hours(2);
/// The lease is longer than the plan by this: it is the safety net for a close that does not arrive.
const MARGIN: Duration = minutes(5);

/// Less than this is noise, in m³/m³: no reason to tell the others.
const MOVED: f32 = 0.004;

/// The controller of one field with one valve.
#[derive(Debug)]
pub(super) struct Controller {
    number: u8,
    random: SplitMix64,
    plan: Plan,
    probes: [WaterReading; 3],
    /// The last good reading of each probe in m³/m³.
    good: [Option<Reading<f32>>; 3],
    /// When the reading of each probe was written for the others last.
    told: [Instant; 3],
    polls: [Option<Poll>; 3],
    breakers: Breakers,
    outlook: Outlook,
    main: FlowWatch,
    is_main_closed: bool,
    listener: Listener,
    /// When the command under way was issued, by both clocks.
    issued: Now,
    tracker: Tracker<8>,
    /// A command without an answer: what it is, when to send it again, how often that is left.
    unanswered: Option<(ToValve, Instant, u32)>,
    pending: Option<CommandId>,
    /// Water may run until then, whatever the link does.
    running_until: Option<Instant>,
    /// How long the run that was asked for should be, and when to close it once it is known to have started.
    planned: Option<Duration>,
    close_at: Option<Instant>,
    /// Good readings that are not durable yet.
    uncommitted: Vec<(u8, f32)>,
    counts: Counts,
}

impl Controller {
    pub(super) fn new(number: u8, seed: u64, plan: Plan) -> Self {
        Self {
            number,
            random: SplitMix64::new(seed),
            outlook: Outlook::new(&plan),
            plan,
            probes: core::array::from_fn(|_| WaterReading::new()),
            good: [None; 3],
            told: [Instant::ZERO; 3],
            polls: [const { None }; 3],
            breakers: Breakers::new(),
            main: FlowWatch::new(main_valve::LIMITS),
            is_main_closed: false,
            listener: Listener::default(),
            issued: Now::new(Instant::ZERO, None),
            tracker: Tracker::new(PATIENCE),
            unanswered: None,
            pending: None,
            running_until: None,
            planned: None,
            close_at: None,
            uncommitted: Vec::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn number(&self) -> u8 {
        self.number
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
    }

    /// A new day.
    pub(super) fn start_day(&mut self, morning: Morning) {
        self.outlook.start_day(morning);
    }

    /// Which probes may be polled now; their samples come with the next [`Quarter`].
    pub(super) fn poll_probes(&mut self, now: Instant) -> [bool; 3] {
        for (number, poll) in self.polls.iter_mut().enumerate() {
            *poll = self.breakers.poll(now, number);
        }
        self.polls.each_ref().map(Option::is_some)
    }

    /// Takes what was measured, decides, publishes both, and acts.
    pub(super) fn take_quarter(
        &mut self,
        at: Now,
        quarter: &Quarter,
        settings: &Settings,
        state: &mut FieldReplica,
        out: &mut impl FnMut(Output),
    ) {
        let now = at.instant();
        self.outlook.rained(quarter.rain);
        self.end_polls(now, &quarter.samples);
        let (verdicts, news) = self.take_samples(now, quarter.samples, state.read());
        if !news.is_empty() {
            self.uncommitted.extend(&news);
            let is_durable = state.write(at, |field| {
                for &(probe, water) in &news {
                    field.water.insert(probe, water);
                }
            });
            if is_durable {
                self.committed(out);
            }
        }
        self.watch_main(now, quarter.flow, out);
        self.counts.decisions += 1;
        self.running_until = self.running_until.filter(|until| now < *until);
        let choice = self.choose(at, quarter.rain, settings, state.read());
        if state.read().reason.get() != Some(&choice.reason) {
            state.write(at, |field| field.reason.set(choice.reason));
        }
        let issue = self.act(at, choice.decision, out);
        let field = self.number;
        out(Output::Decided {
            field,
            verdicts,
            choice,
            issue,
        });
    }

    /// What was read is durable.
    fn committed(&mut self, out: &mut impl FnMut(Output)) {
        let readings = core::mem::take(&mut self.uncommitted);
        if !readings.is_empty() {
            let field = self.number;
            out(Output::Committed { field, readings });
        }
    }

    /// Turns a decision into a command; says what became of it.
    fn act(&mut self, at: Now, decision: Decision, out: &mut impl FnMut(Output)) -> Issue {
        let (now, id) = (at.instant(), self.next_id());
        match decision {
            Decision::Hold | Decision::Withhold => Issue::NotWanted,
            Decision::Open(run) => {
                let Some(wall) = at.wall() else {
                    return Issue::NotWanted; // it is not decided then
                };
                if let Err(rejected) = self.breakers.open(now, id) {
                    self.counts.held_back += 1;
                    return Issue::HeldBack {
                        why: rejected.reason(),
                        retry_after: rejected.retry_after(),
                    };
                }
                let lease = run + MARGIN;
                let mut open = Command::new(id, Open).expires(wall + VALIDITY).lease(lease);
                if let Some(trace) = Listener::trace(id) {
                    open = open.within(trace);
                }
                if self.tracker.issue(&open, now).is_err() {
                    self.breakers.give_up(now);
                    return Issue::NoRoom;
                }
                // It may be accepted at the last moment of its validity, and the close takes a few seconds.
                self.running_until = Some(now + VALIDITY + lease + minutes(1));
                self.planned = Some(run);
                self.send(at, id, ToValve::Open(open), out);
                Issue::Sent(id)
            }
            // Never through a breaker.
            Decision::Close => {
                self.close_at = None;
                let close = Command::new(id, Close);
                if self.tracker.issue(&close, now).is_err() {
                    return Issue::NoRoom;
                }
                self.send(at, id, ToValve::Close(close), out);
                Issue::Sent(id)
            }
        }
    }

    fn send(&mut self, at: Now, id: CommandId, message: ToValve, out: &mut impl FnMut(Output)) {
        self.pending = Some(id);
        self.issued = at;
        self.unanswered = Some((message.clone(), at.instant() + RESEND, 2));
        let field = self.number;
        out(Output::Radio { field, message });
    }

    fn next_id(&mut self) -> CommandId {
        let halves = [self.random.next_u64(), self.random.next_u64()];
        let mut bytes = [0; 16];
        for (place, half) in bytes.chunks_exact_mut(8).zip(halves) {
            place.copy_from_slice(&half.to_be_bytes());
        }
        CommandId::new(bytes)
    }

    /// Takes what the valve's node says; frames are for the replica.
    pub(super) fn handle(&mut self, at: Now, message: &ToGateway, out: &mut impl FnMut(Output)) {
        let now = at.instant();
        let event = match *message {
            ToGateway::Sync(_) => None,
            ToGateway::Report(id, report) => {
                if self.pending == Some(id) {
                    self.unanswered = None;
                }
                self.tracker.report(id, report, now)
            }
            ToGateway::Seen(id) => self.tracker.confirm(id, now),
            ToGateway::Closed(closed) => {
                self.running_until = None;
                self.close_at = None;
                self.counts.reported += closed.ran().unwrap_or_default();
                self.tracker.closed(closed)
            }
        };
        if let Some(event) = event {
            self.take(at, event, out);
        }
    }

    fn take(&mut self, at: Now, event: TrackerEvent, out: &mut impl FnMut(Output)) {
        match event {
            TrackerEvent::Ended(id, how) => {
                self.breakers.ended(at.instant(), id, how, &self.listener);
                self.listener.observe(&how.signal());
                let (field, outcome) = (self.number, how);
                out(Output::Ended { field, id, outcome });
                if self.pending == Some(id) {
                    self.end_pending(at, id, how);
                }
            }
            TrackerEvent::Unconfirmed(_) => self.counts.unconfirmed += 1,
            _ => {}
        }
    }

    fn end_pending(&mut self, at: Now, id: CommandId, how: Ended) {
        if let (Some(from), Some(to)) = (self.issued.wall(), at.wall()) {
            let is_good = how == Ended::Executed;
            self.listener
                .ended(Step::Issue, id, from, to.max(from), how.as_str(), is_good);
        }
        self.pending = None;
        self.unanswered = None;
        let planned = self.planned.take();
        match how {
            Ended::Executed => self.close_at = planned.map(|run| at.instant() + run),
            // What certainly did not run needs no waiting for its end.
            Ended::Expired | Ended::Refused => self.running_until = None,
            Ended::Indeterminate => {}
        }
    }

    /// When [`Controller::poll`] has something to do.
    pub(super) fn poll_timeout(&self) -> Instant {
        let resend = self.unanswered.as_ref().map(|(_, at, _)| *at);
        [resend, self.close_at, self.tracker.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(Instant::FAR_FUTURE)
    }

    /// Sends again what has had no answer, and gives up what has had none for too long.
    pub(super) fn poll(&mut self, at: Now, out: &mut impl FnMut(Output)) {
        let now = at.instant();
        if let Some((message, _, left)) = self.unanswered.take_if(|(_, at, _)| now >= *at) {
            // The same command with the same id: the device takes it once, however often it arrives.
            let (field, again) = (self.number, message.clone());
            out(Output::Radio {
                field,
                message: again,
            });
            self.unanswered = (left > 1).then_some((message, now + RESEND, left - 1));
        }
        if self.close_at.is_some_and(|at| now >= at) {
            self.act(at, Decision::Close, out);
        }
        while let Some(event) = self.tracker.poll(now) {
            self.take(at, event, out);
        }
    }

    /// The gateway loses its power for a moment.
    ///
    /// Only its account of the commands under way is taken to be kept elsewhere.
    pub(super) fn lose_power(&mut self) {
        self.probes = core::array::from_fn(|_| WaterReading::new());
        self.good = [None; 3];
        self.polls = [const { None }; 3];
        self.uncommitted.clear();
    }

    /// Where each breaker stands.
    pub(super) fn breakers(&self, now: Instant) -> [(&'static str, Phase); 5] {
        self.breakers.phases(now)
    }

    pub(super) fn tracker(&self) -> &Tracker<8> {
        &self.tracker
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// The day of a time, counted from 1970-01-01.
fn day_of(wall: UnixMillis) -> u32 {
    u32::try_from(wall.as_millis() / 86_400_000).unwrap_or(u32::MAX)
}
