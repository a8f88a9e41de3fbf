//! The valve's node: what an integrator writes around a [`Lease`] on a real device.
//!
//! The valve is a latching one: it stays as it is while the node is down, so a node that restarts with the water
//! running has to close first. The node has no battery-backed clock: after a start it does not know the time for a
//! while.

mod clock;
mod firmware;
mod pipe;
mod power;
mod publish;

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use gofarm_core::command::{
    CloseReason, Command, CommandId, Duty, Lease, Outcome, RamJournal, Refusal, Report, Tally,
    Verdict,
};
use gofarm_core::observe::Observer as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, secs};

use self::clock::NodeClock;
use self::firmware::{Firmware, OPENING};
use self::pipe::Pipe;
use self::power::Power;
use super::board::{Board, Pulse};
use super::contract::Open;
use super::listener::{Listener, Step};
use super::message::{ToGateway, ToValve};
use super::plan::{Background, Plan};
use super::radio::Radio;
use super::referee::Referee;
use super::replica::{FieldReplica, Side};

/// From water to the flow meter's word.
const FLOW_SEEN: Duration = secs(20);
/// How many ends of commands the node can tell again.
const REMEMBERED: usize = 16;

/// The node, and the pipe that it is mounted in.
#[derive(Debug)]
pub(super) struct ValveNode {
    random: SplitMix64,
    background: Background,
    epoch: UnixMillis,
    power: Power,
    firmware: Firmware,
    pipe: Pipe,
    home: Side,
    /// What is known of the field, here and at the gateway.
    state: FieldReplica,
    /// The command whose pulse is under way.
    opening: Option<CommandId>,
    /// The command whose effect the flow meter is about to see.
    flow_due: Option<(CommandId, Instant)>,
    /// The closing command that is being carried out.
    closing: Option<CommandId>,
    /// A restart that is about to happen.
    fault: Option<Instant>,
    has_started: bool,
    /// Quarters of an hour that the node was on.
    quarters: u32,
    /// How the last commands ended, the newest first.
    ended: VecDeque<(CommandId, Report)>,
    listener: Listener,
    /// The command that the water runs for.
    watering: Option<CommandId>,
    counts: Counts,
}

/// What happened at the valve.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) restarts: u32,
    pub(super) restarts_with_water: u32,
    pub(super) closes: BTreeMap<&'static str, u32>,
    pub(super) refused: BTreeMap<&'static str, u32>,
}

impl ValveNode {
    /// The node of a field, fresh from the factory.
    pub(super) fn new(
        field: u8,
        seed: u64,
        epoch: UnixMillis,
        background: Background,
        referee: &mut Referee,
    ) -> Self {
        let mut lease = Lease::restore(RamJournal::new(), Instant::ZERO);
        // A journal in memory always has room for a snapshot of its own size.
        let _ = lease.commission();
        referee.started(Instant::ZERO);
        let mut random = SplitMix64::new(seed);
        let clock = NodeClock::start(epoch, Instant::ZERO);
        let now = clock.now(Instant::ZERO);
        let home = Side::Party(Plan::home(field));
        Self {
            state: FieldReplica::new(Side::Node, field, &[home], random.next_u64(), now),
            random,
            background,
            epoch,
            home,
            power: Power::On { lease, clock },
            firmware: Firmware::simulated(),
            pipe: Pipe::new(),
            opening: None,
            flow_due: None,
            closing: None,
            fault: None,
            has_started: false,
            quarters: 0,
            ended: VecDeque::new(),
            listener: Listener::default(),
            watering: None,
            counts: Counts::default(),
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
        self.state.listen(listener);
    }

    /// A message has arrived; one that arrives while the node is down is lost.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        message: ToValve,
        radio: &mut Radio,
        referee: &mut Referee,
    ) {
        let Power::On { lease, clock } = &mut self.power else {
            return;
        };
        let (local, wall) = (clock.local(now), clock.wall(now));
        match message {
            ToValve::Sync(frame) => {
                self.state.handle(clock.now(now), self.home, &frame);
            }
            ToValve::Close(close) => {
                let is_taken = self.firmware.takes_close(now, &close);
                if is_taken && lease.accept(&close, local, wall) == Verdict::Accepted {
                    self.closing = Some(close.id());
                    let accepted = ToGateway::Report(close.id(), Report::Accepted);
                    radio.send_to_gateway(now, accepted);
                    self.drive_close(now, radio, referee);
                }
            }
            ToValve::Open(open) => {
                if let Some(why) = self.firmware.refuses(now, wall.is_some(), &open) {
                    return self.refused(now, open.id(), why, radio);
                }
                match lease.accept(&open, local, wall) {
                    Verdict::Accepted => self.start_opening(now, &open, radio, referee),
                    Verdict::Refused(why) => self.refuse(now, open.id(), why, radio),
                }
            }
        }
    }

    fn start_opening(
        &mut self,
        now: Instant,
        open: &Command<Open>,
        radio: &mut Radio,
        referee: &mut Referee,
    ) {
        referee.leased(now, open.lease_time().unwrap_or_default());
        self.opening = Some(open.id());
        self.firmware.open(now, self.pipe.is_open());
        radio.send_to_gateway(now, ToGateway::Report(open.id(), Report::Accepted));
        if self.background == Background::Calm {
            return;
        }
        // Some runs are cut short by a restart, a few in the middle of the opening pulse.
        match self.random.below(100) {
            0..3 => self.fault = Some(now + OPENING / 2),
            3..11 => {
                let length = open.lease_time().unwrap_or_default().as_secs();
                self.fault = Some(now + secs(1 + self.random.below(length.max(1))));
            }
            _ => {}
        }
    }

    /// The lease refuses a command.
    fn refuse(&mut self, now: Instant, id: CommandId, why: Refusal, radio: &mut Radio) {
        self.listener.observe(&why.signal());
        self.refused(now, id, why.as_str(), radio);
    }

    /// A refusal is the end of a command, unless the command was accepted before: then its end is told again.
    fn refused(&mut self, now: Instant, id: CommandId, why: &'static str, radio: &mut Radio) {
        *self.counts.refused.entry(why).or_default() += 1;
        let answer = match why {
            "repeated" | "retained" | "may_repeat" => {
                let known = self.ended.iter().find(|(known, _)| *known == id);
                known.map(|(_, report)| *report)
            }
            "expired" => Some(Report::Ended(Outcome::Expired)),
            _ => Some(Report::Ended(Outcome::Refused)),
        };
        if let Some(report) = answer {
            self.tell(now, id, report, radio);
        }
    }

    fn tell(&mut self, now: Instant, id: CommandId, report: Report, radio: &mut Radio) {
        if self.ended.iter().all(|(known, _)| *known != id) {
            self.ended.truncate(REMEMBERED - 1);
            self.ended.push_front((id, report));
        }
        radio.send_to_gateway(now, ToGateway::Report(id, report));
    }

    /// The link to the broker is there again.
    pub(super) fn link_found(&mut self) {
        self.state.linked(true, |_| true);
    }

    /// The link to the broker is lost: the contract says whether a run goes on.
    pub(super) fn link_lost(&mut self, now: Instant) {
        self.state.linked(false, |_| true);
        if let Power::On { lease, clock } = &mut self.power {
            lease.link_lost(clock.local(now));
        }
    }

    /// When [`ValveNode::poll`] has something to do.
    pub(super) fn poll_timeout(&self) -> Instant {
        let (lease, clock) = match &self.power {
            Power::Off { until, .. } => return *until,
            Power::On { lease, clock } => (lease, clock),
        };
        let close = lease.poll_timeout();
        let close = close.filter(|_| self.firmware.drives_close());
        let own = close.into_iter().chain([self.state.poll_timeout()]).min();
        let own = own.map(|local| clock.when(local));
        let flow = self.flow_due.map(|(_, at)| at);
        let others = [own, flow, self.fault].into_iter().flatten();
        others.fold(self.firmware.poll_timeout(), Instant::min)
    }

    /// Does what is due; a real node calls this in its main loop.
    pub(super) fn poll(&mut self, now: Instant, radio: &mut Radio, referee: &mut Referee) {
        if self.fault.is_some_and(|at| now >= at) {
            self.stop(now, referee);
        }
        if let Power::Off { journal, until } = &self.power {
            if now < *until {
                return;
            }
            let journal = journal.clone();
            self.start(now, journal, radio, referee);
        }
        if let Some(id) = self.take_pulses(now, referee)
            && let Power::On { lease, .. } = &mut self.power
        {
            self.watering = Some(id);
            self.flow_due = Some((id, now + FLOW_SEEN));
            lease.executed(id);
            self.tell(now, id, Report::Ended(Outcome::Executed), radio);
        }
        if let Some((id, _)) = self.flow_due.take_if(|(_, at)| now >= *at)
            && self.pipe.is_open()
        {
            radio.send_to_gateway(now, ToGateway::Seen(id));
        }
        self.drive_close(now, radio, referee);
    }

    /// Takes what the firmware has done with its pins; the command whose pulse has ended.
    fn take_pulses(&mut self, now: Instant, referee: &mut Referee) -> Option<CommandId> {
        let mut executed = None;
        while let Some(done) = self.firmware.poll(now) {
            match (done.what, self.opening) {
                (Pulse::Opening, Some(id)) => {
                    self.pipe.open(done.at);
                    referee.opened(id);
                }
                (Pulse::Opened, Some(_)) => executed = self.opening.take(),
                (Pulse::Closing, _) | (Pulse::Opening | Pulse::Opened, None) => {}
            }
        }
        executed
    }

    /// Does the node's duty: drives the close as long as it is due, and confirms it by the flow meter.
    fn drive_close(&mut self, now: Instant, radio: &mut Radio, referee: &mut Referee) {
        let Power::On { lease, clock } = &mut self.power else {
            return;
        };
        let local = clock.local(now);
        if lease.poll(local) != Duty::MustClose || !self.firmware.drives_close() {
            return;
        }
        referee.close_driven(now);
        self.opening = None;
        self.firmware.cancel_opening();
        // One pulse in 12 misses, and the lease asks again in a second.
        let may_miss = self.firmware.has_flow_meter();
        let misses = || may_miss && self.background.strikes(&mut self.random, 12);
        if !self.pipe.close(now, misses) {
            return;
        }
        self.flow_due = None;
        self.fault = None;
        let Some(closed) = lease.closed(local) else {
            return;
        };
        self.firmware.closed();
        referee.closed(closed.delay());
        *self.counts.closes.entry(closed.why().as_str()).or_default() += 1;
        self.listener.observe(&closed.signal());
        if let Some((id, ran)) = self.watering.take().zip(closed.ran()) {
            let wall = |at: Instant| self.epoch + at.saturating_since(Instant::ZERO);
            let since = Instant::from_micros(now.as_micros().saturating_sub(micros(ran)));
            let (from, to) = (wall(since), wall(now));
            let why = closed.why().as_str();
            self.listener.ended(Step::Water, id, from, to, why, true);
        }
        if closed.why() != CloseReason::Started || closed.command().is_some() {
            radio.send_to_gateway(now, ToGateway::Closed(closed));
        }
        if let Some(id) = self.closing.take() {
            self.tell(now, id, Report::Ended(Outcome::Executed), radio);
            radio.send_to_gateway(now, ToGateway::Seen(id));
        }
    }

    /// From now on the real firmware decides; it has closed its valve.
    pub(super) fn set_board(&mut self, board: Board) {
        self.firmware = Firmware::real(board);
    }

    pub(super) fn board(&self) -> Option<&Board> {
        self.firmware.board()
    }

    /// What the main's flow meter reads, in ml/min.
    pub(super) fn flow(&self) -> u32 {
        self.pipe.flow()
    }

    /// The next close finds the valve stuck for so long, or it comes loose.
    pub(super) fn set_sticking(&mut self, holds: Option<Duration>) {
        self.pipe.set_sticking(holds);
    }

    /// Whether it waters, or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.pipe.is_open() || self.opening.is_some()
    }

    /// The gateway opens or closes the main upstream.
    pub(super) fn set_main(&mut self, now: Instant, is_open: bool) {
        self.pipe.set_main(now, is_open);
    }

    /// Time with water since the last call.
    pub(super) fn take_flow(&mut self, now: Instant) -> Duration {
        self.pipe.take_flow(now)
    }

    /// Time with water while the valve was driven to close and did not.
    pub(super) fn stuck(&self) -> Duration {
        self.pipe.stuck()
    }

    /// How many deliveries the node took and how each ended.
    pub(super) fn tally(&self) -> Tally {
        match &self.power {
            Power::On { lease, .. } => lease.tally(),
            Power::Off { journal, .. } => {
                Lease::<RamJournal>::restore(journal.clone(), Instant::ZERO).tally()
            }
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
