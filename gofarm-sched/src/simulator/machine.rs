//! [`Simulator`]: a trace, played.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use gofarm_core::random::SplitMix64;
use gofarm_core::time::Instant;

use super::actors::{Hour, SimNode, SimWork, State};
use super::builder::Rules;
use super::digest::Digest;
use super::metrics::{Loads, Message};
use super::shedding::Shedding;
use super::{
    Entry, Event, Feed, Name, NodeSpec, Report, SimulatorBuilder, Site, Trace, What, WorkSpec,
};
use crate::autonomy::Action;
use crate::eviction::{EvictionConfig, Evictor, WorkId};
use crate::load::Load;
use crate::mode::ModeMachine;
use crate::node::{Node, NodeId};
use crate::placement::{Scheduler, SchedulerBuilder};
use crate::request::Request;
use crate::resource::Resources;

/// A trace, played with the rules of a farm: an iterator of what happens, and a [`Report`] of what came of it.
///
/// See the [module](super) for an example. The run goes on as far as entries are taken;
/// [`report`](Self::report) plays what is left of it.
#[derive(Debug)]
#[must_use = "a run goes on only while its entries or its report are asked for"]
pub struct Simulator<'t> {
    pub(super) trace: &'t Trace,
    next_event: usize,
    pub(super) now: Instant,
    over: bool,
    pub(super) rules: Rules,
    pub(super) scheduler: Scheduler,
    pub(super) evictor: Evictor,
    pub(super) shedding: Box<dyn Shedding>,
    pub(super) random: SplitMix64,
    pub(super) cut: bool,
    pub(super) link_moves: Hour,
    feed: Feed,
    pub(super) nodes: Vec<SimNode<'t>>,
    by_name: BTreeMap<Name, usize>,
    pub(super) by_id: BTreeMap<NodeId, usize>,
    pub(super) works: BTreeMap<WorkId, SimWork<'t>>,
    pub(super) waiting: BTreeSet<Turn>,
    pub(super) retry_at: Option<Instant>,
    agenda: BTreeMap<(Instant, u64), Due>,
    sequence: u64,
    pub(super) loads: Loads,
    entries: VecDeque<Entry>,
    pub(super) report: Report,
    digest: Digest,
}

/// Whose turn it is among those that wait: crop-critical work, then the urgent, then who came first.
pub(super) type Turn = (Reverse<bool>, Reverse<i32>, u64, WorkId);

/// What is to happen by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    Measure { node: usize, feeds: u64 },
    Deliver(usize, Message),
    Open(usize),
    End { work: WorkId, begins: u64 },
    Retry,
}

impl<'t> Simulator<'t> {
    /// A builder with the default rules around those of a scheduler.
    pub fn builder(scheduler: SchedulerBuilder) -> SimulatorBuilder {
        SimulatorBuilder::new(scheduler)
    }

    pub(super) fn new(
        trace: &'t Trace,
        scheduler: Scheduler,
        eviction: EvictionConfig,
        shedding: Box<dyn Shedding>,
        rules: Rules,
        seed: u64,
    ) -> Self {
        Self {
            trace,
            next_event: 0,
            now: Instant::ZERO,
            over: false,
            rules,
            scheduler,
            evictor: Evictor::new(eviction),
            shedding,
            random: SplitMix64::new(seed),
            cut: false,
            link_moves: Hour::default(),
            feed: Feed::default(),
            nodes: Vec::new(),
            by_name: BTreeMap::new(),
            by_id: BTreeMap::new(),
            works: BTreeMap::new(),
            waiting: BTreeSet::new(),
            retry_at: None,
            agenda: BTreeMap::new(),
            sequence: 0,
            loads: Loads::default(),
            entries: VecDeque::new(),
            report: Report::default(),
            digest: Digest::EMPTY,
        }
    }

    /// The scheduler as it is now.
    #[must_use]
    pub const fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Plays to the end, and says what came of it.
    #[must_use]
    pub fn report(mut self) -> Report {
        while !self.over {
            self.step();
            self.entries.clear();
        }
        let mut report = self.report;
        report.kept = self.evictor.counts().kept;
        (report.mean_load, report.most_load) = self.loads.mean_and_most();
        report.digest = self.digest.value();
        for work in self.works.values() {
            if work.state == State::Shed || self.serves(work) {
                continue;
            }
            report.lost += u64::from(work.ran);
            report.waiting += u64::from(!work.ran);
            if work.spec.is_critical() {
                report.critical_missing += 1;
                let out = work.out_since.map(|since| self.now.saturating_since(since));
                let longest = report.longest_critical_outage;
                report.longest_critical_outage = longest.max(out.unwrap_or_default());
            }
        }
        report
    }

    /// Goes to the next time at which something happens, and does all of it.
    fn step(&mut self) {
        let traced = self.trace.events().get(self.next_event).map(|(at, _)| *at);
        let due = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let timers = [self.evictor.poll_timeout(), self.shedding.poll_timeout()];
        let next = [traced, due].into_iter().chain(timers).flatten().min();
        let Some(next) = next.filter(|next| *next <= self.trace.end()) else {
            self.now = self.trace.end();
            self.over = true;
            return;
        };
        self.now = self.now.max(next);
        let trace = self.trace;
        while let Some((_, event)) =
            (trace.events().get(self.next_event)).filter(|(at, _)| *at <= self.now)
        {
            self.next_event += 1;
            self.handle_event(event);
        }
        while let Some(first) = self.agenda.first_entry()
            && first.key().0 <= self.now
        {
            let due = first.remove();
            self.handle_due(due);
        }
        self.evictor.handle_timeout(self.now);
        self.recover();
        self.shedding.handle_timeout(self.now);
        self.shed();
    }

    fn handle_event(&mut self, event: &'t Event) {
        let now = self.now;
        match event {
            Event::Node(spec) => self.add_node(spec),
            Event::Metrics(Some(node), feed) => {
                if let Some(&node) = self.by_name.get(node) {
                    self.set_feed(node, *feed);
                }
            }
            Event::Metrics(None, feed) => {
                self.feed = *feed;
                (0..self.nodes.len()).for_each(|node| self.set_feed(node, *feed));
            }
            Event::Background(node, load) => self.change(node, |node| node.background = *load),
            Event::Work(spec) => self.add_work(spec),
            Event::Done(work) => self.finish(*work),
            Event::Fail(name) => {
                self.change(name, |node| {
                    node.up = false;
                    node.copies.clear();
                    node.stops.clear();
                });
                self.pause_all(name);
                self.count_outages();
            }
            Event::Return(name) => self.change(name, |node| {
                node.up = true;
                node.boot += 1;
            }),
            Event::Remove(name) => self.remove_node(name),
            Event::Cut | Event::Heal => {
                self.cut = matches!(event, Event::Cut);
                self.shedding.handle_link(now, !self.cut);
                self.shed();
                self.count_outages();
            }
            Event::Charge(charge) => {
                self.shedding.handle_charge(now, *charge);
                self.shed();
            }
            Event::Until => {}
        }
    }

    fn handle_due(&mut self, due: Due) {
        match due {
            Due::Measure { node, feeds } => self.measure(node, feeds),
            Due::Deliver(node, message) => self.deliver(node, message),
            Due::Open(node) => self.open(node),
            Due::End { work, begins } => self.end(work, begins),
            Due::Retry => {
                self.retry_at = None;
                self.retry();
            }
        }
    }

    fn add_node(&mut self, spec: &'t NodeSpec) {
        let mut node = Node::new(&spec.name, Resources::new(spec.cpu_milli, spec.memory));
        if let Some(zone) = &spec.zone {
            node = node.zone(zone);
        }
        if let Some(host) = &spec.host {
            node = node.host(host);
        }
        let id = self.scheduler.add_node(node);
        self.evictor.handle_node(self.now, id, spec.domain(), 1);
        let at = self.nodes.len();
        self.by_name.insert(spec.name.clone(), at);
        self.by_id.insert(id, at);
        self.nodes.push(SimNode {
            spec,
            id: Some(id),
            up: true,
            boot: 1,
            heard_boot: 1,
            feed: self.feed,
            feeds: 0,
            background: Load::new(),
            silent: false,
            copies: BTreeMap::new(),
            stops: BTreeSet::new(),
            claims: BTreeSet::new(),
            mode: ModeMachine::new(self.rules.mode, self.now),
            moves: Hour::default(),
            opens: None,
            heard: None,
        });
        self.set_feed(at, self.feed);
    }

    fn set_feed(&mut self, at: usize, feed: Feed) {
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        (node.feed, node.feeds) = (feed, node.feeds + 1);
        let feeds = node.feeds;
        self.plan(Duration::ZERO, Due::Measure { node: at, feeds });
    }

    fn remove_node(&mut self, name: &Name) {
        self.pause_all(name);
        let Some(&at) = self.by_name.get(name) else {
            return;
        };
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        (node.up, node.heard) = (false, None);
        node.copies.clear();
        let claims: Vec<WorkId> = node.claims.iter().copied().collect();
        if let Some(id) = node.id.take() {
            claims.into_iter().for_each(|work| self.release(work));
            // Both know the node, since its id was not taken before.
            let _ = self.scheduler.remove_node(id);
            let _ = self.evictor.handle_removed(self.now, id);
            self.by_id.remove(&id);
        }
        self.recover();
    }

    fn add_work(&mut self, spec: &'t WorkSpec) {
        let mut request = Request::new(spec.ask).priority(spec.priority);
        if let Some(share) = spec.expected {
            request = request.expected(Load::new().cpu(share));
        }
        if let Some(group) = &spec.group {
            request = request.group(group);
        }
        if let Some(tenant) = &spec.tenant {
            request = request.tenant(tenant);
        }
        self.report.arrived += 1;
        let work = SimWork {
            spec,
            request,
            state: State::Shed,
            queued: 0,
            claim: None,
            ran: false,
            left: spec.life,
            began: None,
            begins: 0,
            out_since: spec.is_critical().then_some(self.now),
            told: None,
            makes_room_from: Instant::ZERO,
        };
        self.works.insert(spec.id, work);
        if self.action(spec) == Action::Stop {
            self.push(What::Shed(spec.id));
        } else {
            self.wait(spec.id);
        }
    }

    /// Whether the farm reaches a node.
    pub(super) fn reaches(&self, at: usize) -> bool {
        self.nodes
            .get(at)
            .is_some_and(|node| node.up && (node.spec.site == Site::Farm || !self.cut))
    }

    fn change(&mut self, name: &Name, change: impl FnOnce(&mut SimNode<'t>)) {
        let at = self.by_name.get(name).copied();
        if let Some(node) = at.and_then(|at| self.nodes.get_mut(at)) {
            change(node);
        }
    }

    /// What runs on a node goes no further.
    fn pause_all(&mut self, name: &Name) {
        let node = self.by_name.get(name).and_then(|at| self.nodes.get(*at));
        for work in node.into_iter().flat_map(|node| &node.claims) {
            if let Some(work) = self.works.get_mut(work) {
                work.pause(self.now);
            }
        }
    }

    /// Plans something for later.
    pub(super) fn plan(&mut self, after: Duration, due: Due) {
        self.sequence += 1;
        self.agenda.insert((self.now + after, self.sequence), due);
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    pub(super) fn name_of(&self, at: usize) -> Name {
        let node = self.nodes.get(at);
        node.map_or_else(|| "".into(), |node| node.spec.name.clone())
    }

    /// Writes down what happened.
    pub(super) fn push(&mut self, what: What) {
        self.report.count(&what);
        let entry = Entry { at: self.now, what };
        self.digest.add(&entry);
        self.entries.push_back(entry);
    }
}

impl Iterator for Simulator<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while self.entries.is_empty() && !self.over {
            self.step();
        }
        self.entries.pop_front()
    }
}
