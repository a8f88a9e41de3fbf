//! [`Trace`]: a recorded run.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::{Instant, days, millis};

use super::{Event, Feed, Flaw, Name, NodeSpec, WorkSpec};
use crate::eviction::WorkId;
use crate::load::{Load, Metric};

/// What happened to a cluster, in the order of time; made by hand, by a
/// [`Generator`](super::Generator), or out of text.
///
/// Each event fits those before it: a node that fails is up, a node that is named is there. Times count from the start of
/// the run.
///
/// # Text
/// One event a line, fields divided by commas, the first line `gofarm-trace,1`; empty lines, and lines that begin with
/// `#`, are left out. Times are seconds with up to six digits after the point. A field in brackets may be empty.
///
/// | at | event | fields |
/// |---|---|---|
/// | s | `node` | name, `farm` or `cloud`, processors in thousandths, memory in bytes, \[zone], \[host] |
/// | s | `metrics` | node or `*`, every s, delay s, lost share, noise |
/// | s | `load` | node, \[cpu], \[memory], \[network s], \[io wait], \[app s]: see [`Load`] |
/// | s | `work` | number, \[kind], \[group], \[tenant], `ordinary` or `critical`, priority, processors in thousandths, memory in bytes, \[expected share], processors truly used in thousandths, \[life s] |
/// | s | `done` | work |
/// | s | `fail`, `return`, `remove` | node |
/// | s | `cut`, `heal`, `until` | |
/// | s | `charge` | \[share] |
///
/// ```
/// use gofarm_sched::simulator::Trace;
///
/// let text = "\
/// gofarm-trace,1
/// 0,node,gw-1,farm,4000,8589934592,north,shed-1
/// 0,work,7,irrigation,valves,,critical,1000,500,268435456,,650,
/// 3600.5,fail,gw-1
/// ";
/// let trace: Trace = text.parse()?;
/// assert_eq!(trace.len(), 3);
/// assert_eq!(trace.to_string(), text);
///
/// let error = "gofarm-trace,1\n0,fail,gw-9".parse::<Trace>().unwrap_err();
/// assert_eq!(error.to_string(), "line 2, field 3 (node): there is no such node");
/// # Ok::<(), gofarm_sched::simulator::TraceError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    events: Vec<(Instant, Event)>,
    /// Whether each node is up; `None` once it was removed.
    nodes: BTreeMap<Name, Option<bool>>,
    works: BTreeSet<WorkId>,
    wanted: BTreeSet<WorkId>,
    cut: bool,
}

impl Trace {
    /// The most events that a trace has.
    pub const MOST_EVENTS: usize = 1_000_000;
    /// The most nodes that a trace ever names.
    pub const MOST_NODES: usize = 10_000;
    /// The most bytes that a name has.
    pub const LONGEST_NAME: usize = 64;
    /// The longest run: 366 days.
    pub const LONGEST: Duration = days(366);

    /// Nothing happens.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            events: Vec::new(),
            nodes: BTreeMap::new(),
            works: BTreeSet::new(),
            wanted: BTreeSet::new(),
            cut: false,
        }
    }

    /// Adds an event after all others.
    ///
    /// # Errors
    /// It does not fit those before it, a value is out of its range, or there are too many; nothing is added.
    pub fn push(&mut self, at: Instant, event: Event) -> Result<(), Flaw> {
        if self.events.len() >= Self::MOST_EVENTS {
            return Err(too_many("events", Self::MOST_EVENTS));
        }
        if at < self.end() {
            return Err(Flaw::Backwards);
        }
        check_at(at.saturating_since(Instant::ZERO))?;
        match &event {
            Event::Node(node) => self.add_node(node)?,
            Event::Metrics(node, feed) => {
                if let Some(node) = node {
                    self.state(node)?;
                }
                feed.check()?;
            }
            Event::Background(node, load) => {
                self.state(node)?;
                check_background(load)?;
            }
            Event::Work(work) => {
                work.check()?;
                if !self.works.insert(work.id) {
                    return Err(Flaw::WorkTwice);
                }
                self.wanted.insert(work.id);
            }
            Event::Done(work) => {
                if !self.wanted.remove(work) {
                    return Err(Flaw::UnknownWork);
                }
            }
            Event::Fail(node) => self.switch(node, false, Flaw::NotUp)?,
            Event::Return(node) => self.switch(node, true, Flaw::NotDown)?,
            Event::Remove(node) => *self.state(node)? = None,
            Event::Cut if self.cut => return Err(Flaw::CutTwice),
            Event::Heal if !self.cut => return Err(Flaw::NotCut),
            Event::Cut | Event::Heal => self.cut = !self.cut,
            Event::Charge(charge) => charge.map_or(Ok(()), check_share)?,
            Event::Until => {}
        }
        self.events.push((at, event));
        Ok(())
    }

    /// The events with their times.
    #[must_use]
    pub fn events(&self) -> &[(Instant, Event)] {
        &self.events
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing happens.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The time of the last event, at which a run ends.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.events.last().map_or(Instant::ZERO, |(at, _)| *at)
    }

    /// The node of this name, as the trace itself keeps it.
    pub(super) fn known(&self, name: &str) -> Option<Name> {
        self.nodes.get_key_value(name).map(|(name, _)| name.clone())
    }

    fn add_node(&mut self, node: &NodeSpec) -> Result<(), Flaw> {
        check_name(&node.name)?;
        for name in [&node.zone, &node.host].into_iter().flatten() {
            check_name(name)?;
        }
        if node.cpu_milli == 0 || node.memory == 0 {
            return Err(Flaw::OutOfRange("above 0"));
        }
        if self.nodes.contains_key(&node.name) {
            return Err(Flaw::NodeTwice);
        }
        if self.nodes.len() >= Self::MOST_NODES {
            return Err(too_many("nodes", Self::MOST_NODES));
        }
        self.nodes.insert(node.name.clone(), Some(true));
        Ok(())
    }

    fn state(&mut self, node: &str) -> Result<&mut Option<bool>, Flaw> {
        let state = self.nodes.get_mut(node).filter(|state| state.is_some());
        state.ok_or(Flaw::UnknownNode)
    }

    fn switch(&mut self, node: &str, up: bool, already: Flaw) -> Result<(), Flaw> {
        let state = self.state(node)?;
        if *state == Some(up) {
            return Err(already);
        }
        *state = Some(up);
        Ok(())
    }
}

impl WorkSpec {
    fn check(&self) -> Result<(), Flaw> {
        for name in [&self.kind, &self.group, &self.tenant]
            .into_iter()
            .flatten()
        {
            check_name(name)?;
        }
        self.expected.map_or(Ok(()), check_share)
    }
}

impl Feed {
    fn check(&self) -> Result<(), Flaw> {
        check_every(self.every)?;
        check_delay(self.delay)?;
        check_share(self.loss)?;
        check_share(self.noise)
    }
}

const fn too_many(what: &'static str, limit: usize) -> Flaw {
    Flaw::TooMany { what, limit }
}

pub(super) fn check_at(time: Duration) -> Result<(), Flaw> {
    if time <= Trace::LONGEST {
        return Ok(());
    }
    Err(Flaw::OutOfRange("at most 366 days"))
}

pub(super) fn check_every(time: Duration) -> Result<(), Flaw> {
    if (millis(100)..=days(1)).contains(&time) {
        return Ok(());
    }
    Err(Flaw::OutOfRange("from 0.1 s to 1 day"))
}

pub(super) fn check_delay(time: Duration) -> Result<(), Flaw> {
    if time <= days(1) {
        return Ok(());
    }
    Err(Flaw::OutOfRange("at most 1 day"))
}

pub(super) fn check_latency(seconds: f32) -> Result<(), Flaw> {
    if (0.0..=3_600.0).contains(&seconds) {
        return Ok(());
    }
    Err(Flaw::OutOfRange("from 0 to 3600 s"))
}

pub(super) fn check_share(share: f32) -> Result<(), Flaw> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    Err(Flaw::OutOfRange("from 0 to 1"))
}

fn check_background(load: &Load) -> Result<(), Flaw> {
    for metric in [Metric::Cpu, Metric::Memory, Metric::IoWait] {
        load.get(metric).map_or(Ok(()), check_share)?;
    }
    for metric in [Metric::Network, Metric::App] {
        load.get(metric).map_or(Ok(()), check_latency)?;
    }
    Ok(())
}

pub(super) fn check_name(name: &str) -> Result<(), Flaw> {
    let limit = Trace::LONGEST_NAME;
    let bad = |c: char| c.is_control() || matches!(c, ',' | '"' | '*');
    if name.is_empty() || name.len() > limit || name.trim() != name || name.contains(bad) {
        return Err(Flaw::BadName { limit });
    }
    Ok(())
}
