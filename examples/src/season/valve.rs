//! The valve's node: what an integrator writes around a [`Lease`] on a real device.
//!
//! The valve is a latching one: it stays as it is while the node is down, so a node that restarts with the water
//! running has to close first. The node has no battery-backed clock: after a start it does not know the time for a
//! while.

mod firmware;
mod publish;

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use gofarm_core::command::{
    CloseReason, Command, CommandId, Duty, Lease, Outcome, RamJournal, Refusal, Report, Tally,
    Verdict,
};
use gofarm_core::observe::Observer as _;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, millis, secs};
use gofarm_crdt::clock::Now;

use super::board::{Answer, Board};
use super::contract::Open;
use super::listener::{Listener, Step};
use super::message::{ToGateway, ToValve};
use super::plan::{Background, Plan};
use super::radio::Radio;
use super::referee::Referee;
use super::replica::{FieldReplica, Side};

/// From the pulse to the water.
const OPENING: Duration = millis(800);
/// From water to the flow meter's word.
const FLOW_SEEN: Duration = secs(20);
/// A restart by the watchdog.
const RESTART: Duration = secs(3);
/// From a start until the network gives the time.
const TIME_UNKNOWN: Duration = secs(60);
/// What flows through the open valve, in ml/min: 10 mm/h on 0.36 ha.
const FLOW: u32 = 600_000;
/// How many ends of commands the node can tell again.
const REMEMBERED: usize = 16;

/// The node, and the pipe that it is mounted in.
#[derive(Debug)]
pub(super) struct ValveNode {
    random: SplitMix64,
    background: Background,
    epoch: UnixMillis,
    power: Power,
    /// The real firmware, if it is to decide. The lease here then only counts along.
    board: Option<Board>,
    /// The board has driven a close that is not yet accounted for.
    board_closes: bool,
    home: Side,
    grip: Grip,
    /// The main upstream lets water through.
    is_main_open: bool,
    /// Since when the node has been driving a close without effect.
    driven: Option<Instant>,
    /// Since when water has been running.
    water: Option<Instant>,
    /// Time with water since the last [`ValveNode::take_flow`].
    flowed: Duration,
    /// Time with water that the flow meter counted and the state does not have yet; lost in a restart.
    metered: Duration,
    /// What is known of the field, here and at the gateway.
    state: FieldReplica,
    /// A pulse under way, and its end.
    opening: Option<(CommandId, Instant)>,
    flow_due: Option<(CommandId, Instant)>,
    /// The closing command that is being carried out.
    closing: Option<CommandId>,
    /// A restart that is about to happen.
    fault: Option<Instant>,
    has_started: bool,
    /// Quarters of an hour that the node was on.
    quarters: u32,
    ended: VecDeque<(CommandId, Report)>,
    listener: Listener,
    /// The command that the water runs for.
    watering: Option<CommandId>,
    counts: Counts,
}

/// Whether the valve moves when it is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grip {
    Loose,
    /// The first close finds it stuck, for so long.
    Sticks(Duration),
    Stuck {
        until: Instant,
    },
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is on nearly always"
)]
enum Power {
    On {
        lease: Lease<RamJournal>,
        booted: Instant,
    },
    /// Restarting; what the journal kept.
    Off { journal: RamJournal, until: Instant },
}

/// What happened at the valve.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) restarts: u32,
    pub(super) restarts_with_water: u32,
    /// Time with water while a stuck valve was driven to close.
    pub(super) stuck: Duration,
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
        let clock = clock(epoch, Instant::ZERO, Instant::ZERO);
        let home = Side::Party(Plan::home(field));
        Self {
            state: FieldReplica::new(Side::Node, field, &[home], random.next_u64(), clock),
            random,
            background,
            epoch,
            home,
            grip: Grip::Loose,
            is_main_open: true,
            driven: None,
            board: None,
            board_closes: false,
            power: Power::On {
                lease,
                booted: Instant::ZERO,
            },
            water: None,
            flowed: Duration::ZERO,
            metered: Duration::ZERO,
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
        let Power::On { lease, booted } = &mut self.power else {
            return;
        };
        let wall = wall_time(self.epoch, now, *booted);
        let local = local_time(now, *booted);
        match message {
            ToValve::Sync(frame) => {
                let now = Now::new(local, wall);
                self.state.handle(now, self.home, &frame);
            }
            ToValve::Close(close) => {
                let board = self.board.as_mut();
                let is_taken =
                    board.is_none_or(|board| board.close(now, &close) == Answer::Accepted);
                if is_taken && lease.accept(&close, local, wall) == Verdict::Accepted {
                    self.closing = Some(close.id());
                    let accepted = ToGateway::Report(close.id(), Report::Accepted);
                    radio.send_to_gateway(now, accepted);
                    self.drive_close(now, radio, referee);
                }
            }
            ToValve::Open(open) => {
                if let Some(why) = self.board_refuses(now, wall.is_some(), &open) {
                    return self.refused(now, open.id(), why, radio);
                }
                let Power::On { lease, .. } = &mut self.power else {
                    return;
                };
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
        self.opening = Some((open.id(), self.opening_ends(now)));
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

    /// A refusal is the end of a command, unless the command was accepted before: then its end is told again.
    fn refuse(&mut self, now: Instant, id: CommandId, why: Refusal, radio: &mut Radio) {
        self.listener.observe(&why.signal());
        self.refused(now, id, why.as_str(), radio);
    }

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
        if let Power::On { lease, booted } = &mut self.power {
            lease.link_lost(local_time(now, *booted));
        }
    }

    /// When [`ValveNode::poll`] has something to do.
    pub(super) fn poll_timeout(&self) -> Instant {
        let own = match &self.power {
            Power::Off { until, .. } => return *until,
            Power::On { lease, booted } => lease
                .poll_timeout()
                .filter(|_| self.board.is_none() || self.board_closes)
                .into_iter()
                .chain([self.state.poll_timeout()])
                .min()
                .map(|local| *booted + local.saturating_since(Instant::ZERO)),
        };
        let opening = self.opening.map(|(_, at)| at);
        let flow = self.flow_due.map(|(_, at)| at);
        let board = self.board.as_ref().map(Board::poll_timeout);
        [own, opening, flow, self.fault, board]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(Instant::FAR_FUTURE)
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
        self.watch_board(now, referee);
        if let Some((id, _)) = self.opening.take_if(|(_, at)| now >= *at)
            && let Power::On { lease, .. } = &mut self.power
        {
            if self.board.is_none() {
                self.water = Some(now);
                referee.opened(id);
            }
            self.watering = Some(id);
            self.flow_due = Some((id, now + FLOW_SEEN));
            lease.executed(id);
            self.tell(now, id, Report::Ended(Outcome::Executed), radio);
        }
        if let Some((id, _)) = self.flow_due.take_if(|(_, at)| now >= *at)
            && self.water.is_some()
        {
            radio.send_to_gateway(now, ToGateway::Seen(id));
        }
        self.drive_close(now, radio, referee);
    }

    /// Does the node's duty: drives the close as long as it is due, and confirms it by the flow meter.
    fn drive_close(&mut self, now: Instant, radio: &mut Radio, referee: &mut Referee) {
        let Power::On { lease, booted } = &mut self.power else {
            return;
        };
        let local = local_time(now, *booted);
        let board_waits = self.board.is_some() && !self.board_closes;
        if lease.poll(local) != Duty::MustClose || board_waits {
            return;
        }
        referee.close_driven(now);
        self.opening = None;
        if !self.stops(now) {
            return;
        }
        self.flow_due = None;
        self.fault = None;
        let Power::On { lease, .. } = &mut self.power else {
            return;
        };
        let Some(closed) = lease.closed(local) else {
            return;
        };
        self.board_closes = false;
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

    /// Whether the flow meter says that the pulse has closed the valve. One in 12 does not, and the lease asks again in a
    /// second.
    fn stops(&mut self, now: Instant) -> bool {
        if self.is_flowing() {
            let driven = *self.driven.get_or_insert(now);
            if let Grip::Sticks(holds) = self.grip {
                self.grip = Grip::Stuck { until: now + holds };
            }
            // A board has no flow meter: it believes its pulse.
            let may_stick = self.board.is_none();
            if self.is_stuck(now) || (may_stick && self.background.strikes(&mut self.random, 12)) {
                return false;
            }
            self.counts.stuck += now.saturating_since(driven);
        }
        self.measure(now);
        self.water = None;
        self.driven = None;
        true
    }

    /// Whether water runs: the valve and the main are open.
    fn is_flowing(&self) -> bool {
        self.water.is_some() && self.is_main_open
    }

    /// What the main's flow meter reads, in ml/min.
    pub(super) fn flow(&self) -> u32 {
        if self.is_flowing() { FLOW } else { 0 }
    }

    /// The next close finds the valve stuck for so long, or it comes loose.
    pub(super) fn set_sticking(&mut self, holds: Option<Duration>) {
        self.grip = holds.map_or(Grip::Loose, Grip::Sticks);
    }

    fn is_stuck(&self, now: Instant) -> bool {
        matches!(self.grip, Grip::Stuck { until } if now < until)
    }

    /// The firmware restarts itself.
    pub(super) fn restart(&mut self, now: Instant) {
        self.fault = Some(now);
    }

    /// Whether the node has started since the last call.
    pub(super) fn take_started(&mut self) -> bool {
        core::mem::take(&mut self.has_started)
    }

    /// Whether it waters, or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.water.is_some() || self.opening.is_some()
    }

    /// The gateway opens or closes the main upstream.
    pub(super) fn set_main(&mut self, now: Instant, is_open: bool) {
        self.measure(now);
        if self.is_flowing()
            && !is_open
            && let Some(driven) = self.driven.take()
        {
            self.counts.stuck += now.saturating_since(driven);
        }
        self.is_main_open = is_open;
    }

    /// The node loses its power, which comes back after so long.
    pub(super) fn lose_power(&mut self, now: Instant, lasts: Duration, referee: &mut Referee) {
        if matches!(self.power, Power::On { .. }) {
            self.stop(now, referee);
        }
        if let Power::Off { until, .. } = &mut self.power {
            *until = (*until).max(now + lasts);
        }
    }

    /// Whether nothing is wrong that somebody would have to mend.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        !self.is_stuck(now) && matches!(self.power, Power::On { .. })
    }

    /// The node restarts: all but the journal, the valve and the water is lost.
    fn stop(&mut self, now: Instant, referee: &mut Referee) {
        let until = now + RESTART;
        let journal = RamJournal::new();
        let was = core::mem::replace(&mut self.power, Power::Off { journal, until });
        if let (Power::On { lease, .. }, Power::Off { journal, .. }) = (was, &mut self.power) {
            *journal = lease.into_journal();
        }
        if let Some(board) = &mut self.board {
            board.power_off(now);
            self.watch_board(now, referee);
            self.opening = None;
        }
        // The pulse may have reached the valve before the end: here it has.
        if let Some((id, _)) = self.opening.take() {
            self.water = Some(now);
            referee.opened(id);
        }
        self.measure(now);
        self.metered = Duration::ZERO;
        self.fault = None;
        self.flow_due = None;
        self.closing = None;
        self.driven = None;
        self.ended.clear();
        self.counts.restarts += 1;
        self.counts.restarts_with_water += u32::from(self.water.is_some());
        referee.stopped(now);
    }

    fn start(
        &mut self,
        now: Instant,
        journal: RamJournal,
        radio: &mut Radio,
        referee: &mut Referee,
    ) {
        referee.started(now);
        let mut lease: Lease<RamJournal> = Lease::restore(journal, Instant::ZERO);
        let mut unknown = Vec::new();
        while let Some(id) = lease.poll_indeterminate() {
            unknown.push(id);
        }
        if let Some(board) = &mut self.board {
            unknown = board.power_on(now);
        }
        self.power = Power::On { lease, booted: now };
        self.has_started = true;
        radio.node_restarted(now);
        let is_whole = self.state.restart(clock(self.epoch, now, now));
        self.state.linked(false, |_| true);
        referee.restored(is_whole);
        self.measure(now);
        self.metered = Duration::ZERO; // it was not powered
        for id in unknown {
            self.tell(now, id, Report::Ended(Outcome::Indeterminate), radio);
        }
    }

    /// Lets the water run up to now.
    fn measure(&mut self, now: Instant) {
        if let Some(since) = &mut self.water {
            let time = now.saturating_since(*since);
            if self.is_main_open {
                self.flowed += time;
                self.metered += time;
            }
            *since = now;
        }
    }

    /// Time with water since the last call.
    pub(super) fn take_flow(&mut self, now: Instant) -> Duration {
        self.measure(now);
        core::mem::take(&mut self.flowed)
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

/// The node's own clock: it starts when the node does.
fn local_time(now: Instant, booted: Instant) -> Instant {
    Instant::ZERO + now.saturating_since(booted)
}

fn clock(epoch: UnixMillis, now: Instant, booted: Instant) -> Now {
    Now::new(local_time(now, booted), wall_time(epoch, now, booted))
}

fn wall_time(epoch: UnixMillis, now: Instant, booted: Instant) -> Option<UnixMillis> {
    let knows_time = booted == Instant::ZERO || now >= booted + TIME_UNKNOWN;
    knows_time.then(|| epoch + now.saturating_since(Instant::ZERO))
}
