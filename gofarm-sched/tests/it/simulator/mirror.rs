//! What a run's entries and its trace say by themselves, worked out with nothing of the crate's own rules.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use gofarm_core::time::Instant;
use gofarm_sched::eviction::{Stakes, WorkId};
use gofarm_sched::simulator::{Entry, Event, Trace, What, WorkSpec};

/// A node as the text of a trace has it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) zone: String,
    pub(crate) host: String,
    pub(crate) cpu_milli: u64,
    pub(crate) memory: u64,
    /// Its lease runs, as far as it was told.
    pub(crate) known: bool,
    /// It did not fail to answer since it was heard.
    pub(crate) answers: bool,
    /// It takes new work.
    pub(crate) open: bool,
    /// Since when it has been up.
    up_since: Option<Instant>,
}

#[derive(Debug)]
pub(crate) struct Mirror<'t> {
    trace: &'t Trace,
    next: usize,
    pub(crate) nodes: BTreeMap<String, Seen>,
    pub(crate) works: BTreeMap<WorkId, &'t WorkSpec>,
    /// What the scheduler has given to whom.
    pub(crate) claims: BTreeMap<WorkId, Vec<String>>,
    /// Copies that truly run.
    copies: BTreeSet<(WorkId, String)>,
    /// Crop-critical work that does not run, and since when.
    out: BTreeMap<WorkId, Instant>,
    /// For each end of an outage: the work, and for how long a node was up all through it, at the most.
    pub(crate) avoidable: Vec<(WorkId, Instant, Duration)>,
}

impl<'t> Mirror<'t> {
    pub(crate) fn new(trace: &'t Trace) -> Self {
        Self {
            trace,
            next: 0,
            nodes: BTreeMap::new(),
            works: BTreeMap::new(),
            claims: BTreeMap::new(),
            copies: BTreeSet::new(),
            out: BTreeMap::new(),
            avoidable: Vec::new(),
        }
    }

    /// Takes in the events of the trace up to a time.
    pub(crate) fn advance(&mut self, now: Instant) {
        while let Some((at, event)) = self.trace.events().get(self.next)
            && *at <= now
        {
            self.next += 1;
            match event {
                Event::Node(_) => self.add_node(*at, event),
                Event::Work(work) => {
                    self.works.insert(work.id(), work);
                    if work.at_stake() == Stakes::CropCritical {
                        self.out.insert(work.id(), *at);
                    }
                }
                Event::Fail(name) => {
                    self.add_up_to_outages(*at, name);
                    self.nodes.get_mut(&**name).unwrap().up_since = None;
                    self.copies.retain(|(_, on)| **on != **name);
                    self.look(*at);
                }
                Event::Return(name) => self.nodes.get_mut(&**name).unwrap().up_since = Some(*at),
                _ => {}
            }
        }
    }

    /// The node's row of the trace's text: `0,node,name,site,cpu,memory,zone,host`.
    fn add_node(&mut self, at: Instant, event: &Event) {
        let mut alone = Trace::new();
        alone.push(Instant::ZERO, event.clone()).unwrap();
        let text = alone.to_string();
        let fields: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        let node = Seen {
            zone: fields[6].into(),
            host: fields[7].into(),
            cpu_milli: fields[4].parse().unwrap(),
            memory: fields[5].parse().unwrap(),
            known: true,
            answers: true,
            open: true,
            up_since: Some(at),
        };
        self.nodes.insert(fields[2].into(), node);
    }

    /// Takes in an entry, after what the trace has before it.
    pub(crate) fn take(&mut self, entry: &Entry) {
        self.advance(entry.at);
        let node = |name: &str| name.to_string();
        match &entry.what {
            What::Placed { work, node, .. } => {
                self.claims.entry(*work).or_default().push(node.to_string());
                self.copies.insert((*work, node.to_string()));
            }
            What::Released { work, node } => {
                let claims = self.claims.get_mut(work).unwrap();
                let at = claims.iter().position(|on| **on == **node).unwrap();
                claims.remove(at);
                self.copies.remove(&(*work, node.to_string()));
            }
            What::Done(work) => {
                self.works.remove(work);
                self.claims.remove(work);
                self.out.remove(work);
            }
            What::NotStarted { node: name, .. } => {
                self.nodes.get_mut(&node(name)).unwrap().answers = false;
            }
            What::NodeHeard(name) => self.nodes.get_mut(&node(name)).unwrap().answers = true,
            What::NodeUnknown(name) => self.nodes.get_mut(&node(name)).unwrap().known = false,
            What::NodeReturned(name) => {
                let node = self.nodes.get_mut(&node(name)).unwrap();
                (node.known, node.open) = (true, false);
            }
            What::NodeOpened(name) => self.nodes.get_mut(&node(name)).unwrap().open = true,
            What::NodeClosed(name) => self.nodes.get_mut(&node(name)).unwrap().open = false,
            _ => {}
        }
        self.look(entry.at);
    }

    /// Looks which crop-critical work runs.
    fn look(&mut self, now: Instant) {
        for work in self
            .works
            .values()
            .filter(|w| w.at_stake() == Stakes::CropCritical)
        {
            let id = work.id();
            let runs = self
                .copies
                .range((id, String::new())..)
                .next()
                .is_some_and(|(w, _)| *w == id);
            if !runs {
                self.out.entry(id).or_insert(now);
            } else if let Some(since) = self.out.remove(&id) {
                let up = self.nodes.values().filter_map(|node| node.up_since);
                let through = up.map(|up| now.saturating_since(up.max(since))).max();
                self.avoidable.push((id, now, through.unwrap_or_default()));
            }
        }
    }

    /// A node that goes down was up during outages that go on.
    fn add_up_to_outages(&mut self, now: Instant, name: &str) {
        let up = self.nodes[name].up_since.unwrap_or(now);
        for (id, since) in &self.out {
            self.avoidable
                .push((*id, now, now.saturating_since(up.max(*since))));
        }
    }

    /// The run is over: what is out now is out to the end.
    pub(crate) fn finish(&mut self) {
        let now = self.trace.end();
        self.advance(now);
        for node in self.nodes.values().filter_map(|node| node.up_since) {
            for (id, since) in &self.out {
                self.avoidable
                    .push((*id, now, now.saturating_since(node.max(*since))));
            }
        }
    }

    /// The longest time for which crop-critical work was out although one and the same node was up.
    pub(crate) fn longest_avoidable(&self) -> (Duration, Option<(WorkId, Instant)>) {
        let longest = self.avoidable.iter().max_by_key(|(_, _, time)| *time);
        longest.map_or((Duration::ZERO, None), |(work, at, time)| {
            (*time, Some((*work, *at)))
        })
    }

    /// What is free of a node, processors and memory.
    pub(crate) fn free(&self, name: &str) -> (u64, u64) {
        let node = &self.nodes[name];
        let (mut cpu, mut memory) = (node.cpu_milli, node.memory);
        for (work, claims) in &self.claims {
            for _ in claims.iter().filter(|on| **on == *name) {
                let ask = self.works[work].ask();
                cpu = cpu.checked_sub(u64::from(ask.cpu_milli())).unwrap();
                memory = memory.checked_sub(ask.memory()).unwrap();
            }
        }
        (cpu, memory)
    }
}
