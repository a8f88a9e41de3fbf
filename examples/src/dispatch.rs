//! A service that places a stream of jobs on machines, by the load that they have: the one to copy for gofarm-sched.
//!
//! It runs on one of the machines. Its own load it samples from `/proc`; the others send theirs. What it must get right:
//!
//! - a machine that has fallen silent gets no work: its last figures say nothing;
//! - jobs that come between two reports do not all go to the machine that was idle in the first: each decision reserves;
//! - a job that no machine can take *now* waits, one that none could *ever* take is answered with the reason;
//! - a machine on which jobs fail at once is not a fast machine.
//!
//! [`Dispatcher`] is a plain value, which a test plays without any runtime; [`run`] waits for it. [`elsewhere`] stands in
//! for the rest of the farm.
//!
//! ```
//! use gofarm_core::time::Instant;
//! use gofarm_examples::dispatch::{Answer, Dispatcher, Message};
//! use gofarm_sched::load::Load;
//! use gofarm_sched::node::Node;
//! use gofarm_sched::request::Request;
//! use gofarm_sched::resource::{Ask, Resources};
//!
//! let mut dispatcher = Dispatcher::new(Node::new("office", Resources::new(1_000, 1 << 30)), "/proc")?;
//! dispatcher.add(Node::new("barn", Resources::new(8_000, 16 << 30)));
//!
//! let now = Instant::from_secs(1);
//! let load = Load::new().cpu(0.1).memory(0.2).io_wait(0.0);
//! dispatcher.handle(now, Message::Report { machine: "barn".into(), load });
//! dispatcher.handle(now, Message::Job { job: 1, request: Request::new(Ask::new(2_000, 1 << 30)) });
//! let Some(Answer::Start { machine, why, .. }) = dispatcher.poll_answer() else { panic!("there is room") };
//! assert_eq!(machine, "barn");
//! assert!(why.contains("refused: office"), "{why}");
//! # Ok::<(), gofarm_sched::ConfigError>(())
//! ```

mod driver;
pub mod elsewhere;

pub use driver::run;

use alloc::collections::VecDeque;
use std::collections::HashMap;
use std::path::PathBuf;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use gofarm_sched::ConfigError;
use gofarm_sched::load::linux::Collector;
use gofarm_sched::load::{Load, StalePolicy, after};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Decision, NotCommitted, PlacementId, Scheduler, Unplaced};
use gofarm_sched::request::Request;
use gofarm_sched::topology::SpreadOver;

/// Jobs that wait at most; what comes then is refused, so that whoever sends learns of it.
pub const MOST_WAITING: usize = 1_000;

/// What comes in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Message {
    /// A machine has measured its load.
    Report {
        /// Its name.
        machine: String,
        /// What it measured.
        load: Load,
    },
    /// Something is to be done.
    Job {
        /// Its number, which the answer repeats.
        job: u64,
        /// What it asks for.
        request: Request,
    },
    /// A job has ended.
    Ended {
        /// As the answer said.
        placement: PlacementId,
        /// Whether it did what it should.
        well: bool,
    },
}

/// What goes out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A job is to be started.
    Start {
        /// Its number.
        job: u64,
        /// Where.
        machine: String,
        /// To be repeated when it has ended.
        placement: PlacementId,
        /// The decision with its reasons.
        why: String,
    },
    /// A job cannot be done.
    Refused {
        /// Its number.
        job: u64,
        /// Why not.
        why: String,
    },
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs that were started.
    pub started: u64,
    /// Jobs that were refused.
    pub refused: u64,
    /// Jobs that have ended.
    pub ended: u64,
    /// Samples of the own load that were taken.
    pub samples: u64,
    /// Samples of the own load that failed; without them the own machine gets no work.
    pub failed_samples: u64,
    /// Messages about machines and placements that are not known.
    pub unknown: u64,
}

/// The scheduler, the machines by name, and the jobs that wait.
///
/// Contract: after each call drain [`poll_answer`](Self::poll_answer), and call
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says so.
#[derive(Debug)]
pub struct Dispatcher {
    sched: Scheduler,
    collector: Collector,
    own: NodeId,
    machines: HashMap<String, NodeId>,
    /// Their numbers are their tags.
    waiting: VecDeque<Request>,
    answers: VecDeque<Answer>,
    counts: Counts,
}

impl Dispatcher {
    /// A dispatcher on this machine, of which the load is found below a folder: `/proc`.
    ///
    /// # Errors
    /// None with these figures; whoever copies this makes them settings.
    pub fn new(own: Node, proc: impl Into<PathBuf>) -> Result<Self, ConfigError> {
        // Nobody here measures latencies: what no machine reports does not count.
        let sched = Scheduler::builder()
            .stale(after(secs(5)), StalePolicy::Refuse)
            .settling(secs(2))
            .in_flight(secs(10))
            .score(SpreadOver::ZONE_WEIGHT, SpreadOver::zone())
            .build()?;
        let mut dispatcher = Self {
            sched,
            collector: Collector::at(proc).every(secs(1)),
            own: NodeId::new(0, 0),
            machines: HashMap::new(),
            waiting: VecDeque::new(),
            answers: VecDeque::new(),
            counts: Counts::default(),
        };
        dispatcher.own = dispatcher.add(own);
        Ok(dispatcher)
    }

    /// Adds a machine, which gets work once it reports.
    pub fn add(&mut self, machine: Node) -> NodeId {
        let name = machine.name().to_owned();
        let id = self.sched.add_node(machine);
        self.machines.insert(name, id);
        id
    }

    /// Takes in a message.
    pub fn handle(&mut self, now: Instant, message: Message) {
        match message {
            Message::Report { machine, load } => match self.machines.get(&machine) {
                Some(&id) => self.observe(now, id, load),
                None => self.counts.unknown += 1,
            },
            Message::Job { job, request } => {
                if self.waiting.len() < MOST_WAITING {
                    self.waiting.push_back(request.tag(job));
                } else {
                    self.refuse(job, format!("{MOST_WAITING} jobs wait already"));
                }
            }
            Message::Ended { placement, well } => self.ended(now, placement, well),
        }
        self.place_waiting(now);
    }

    /// Samples the own load when that is due, lets time pass in the scheduler, and tries again what waits.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.collector.poll_timeout() <= now {
            match self.collector.sample(now) {
                Ok(load) => {
                    self.counts.samples += 1;
                    self.observe(now, self.own, load);
                }
                Err(_) => self.counts.failed_samples += 1,
            }
        }
        self.sched.handle_timeout(now);
        self.place_waiting(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let sample = self.collector.poll_timeout();
        let sched = self.sched.poll_timeout();
        sched.map_or(sample, |at| at.min(sample))
    }

    /// The next answer.
    pub fn poll_answer(&mut self) -> Option<Answer> {
        self.answers.pop_front()
    }

    /// What was done so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many jobs wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn observe(&mut self, now: Instant, machine: NodeId, load: Load) {
        let seen = self.sched.observe(machine, load, now);
        debug_assert!(seen.is_ok(), "machines are added and stay");
    }

    fn ended(&mut self, now: Instant, placement: PlacementId, well: bool) {
        let known = if well {
            self.sched.completed(placement, now)
        } else {
            self.sched.work_failed(placement, now)
        };
        match known {
            Ok(()) => self.counts.ended += 1,
            Err(_) => self.counts.unknown += 1,
        }
    }

    /// Places what waits, in its order; what has no place yet stays.
    fn place_waiting(&mut self, now: Instant) {
        for request in core::mem::take(&mut self.waiting) {
            let job = request.tag_value();
            match self.sched.place(&request, now) {
                Ok(decision) => {
                    if let Err(error) = self.start(now, &decision) {
                        self.refuse(job, error.to_string());
                    }
                }
                Err(unplaced) if can_wait(&unplaced) => self.waiting.push_back(request),
                Err(unplaced) => self.refuse(job, unplaced.to_string()),
            }
        }
    }

    fn start(&mut self, now: Instant, decision: &Decision) -> Result<(), NotCommitted> {
        let placement = self.sched.commit(decision, now)?;
        self.counts.started += 1;
        self.answers.push_back(Answer::Start {
            job: decision.tag(),
            machine: decision.node_name().to_owned(),
            placement,
            why: format!("{decision:#}"),
        });
        Ok(())
    }

    fn refuse(&mut self, job: u64, why: String) {
        self.counts.refused += 1;
        self.answers.push_back(Answer::Refused { job, why });
    }
}

/// Whether a place may be found later.
fn can_wait(unplaced: &Unplaced) -> bool {
    matches!(unplaced.kind(), Kind::Transient | Kind::Overloaded)
}
