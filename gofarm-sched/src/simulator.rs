//! What would these rules have done? A cluster that is played: traces, runs that repeat, and reports.
//!
//! Weights, spread rules and the list of what is shed are changed on a farm that works, and whether a change was a good
//! one shows in the night when a shed loses power. A test with a few nodes does not tell, and a model of the scheduler
//! tells about the model. So here the scheduler itself is played, with the machines that belong to it: a [`Trace`] holds
//! what happened *to* a cluster (work that came, nodes that failed, metrics that were late or lost, the link that was
//! cut), and a [`Simulator`] asks the real [`placement`](crate::placement), [`eviction`](crate::eviction),
//! [`mode`](crate::mode), [`autonomy`](crate::autonomy) and [`priority`](crate::priority) what to do about it. The same
//! trace, rules and seed make the same decisions, to the last bit; [`Report::digest`] compares two runs.
//!
//! How it plays:
//! - Metrics are those of the work that *these* rules put on a node, with the processors that it truly uses. They are
//!   the node's heartbeats as well: while they are lost, its lease runs out.
//! - Work that finds no place waits; it is tried again whenever something changed. Crop-critical work goes first, then
//!   the urgent. Urgent work has less urgent work stopped, at most once a minute for the same work.
//! - Hard spread given to [`SimulatorBuilder::spread`] is lifted for crop-critical work that no node takes otherwise.
//! - A node in [`Mode::Breaker`](crate::mode::Mode::Breaker) gives away one piece of work each time that it asks.
//! - Work of an [`Autonomy`](crate::autonomy::Autonomy) rule is slowed to half its load, stopped and resumed as the
//!   rule says. Crop-critical work never is, whatever its kind.
//! - A node that failed comes back empty. One that was cut off comes back with its work, and stops the copies that were
//!   rebuilt elsewhere. Either takes new work only up to its [share](crate::eviction::Evictor::share). Interrupted work goes on where it was: what it did is not lost.
//!
//! What it does not do: starting and stopping work takes no time, disks and networks have no load but the trace's, and
//! accelerators are left out. It places by processors and memory.
//!
//! ```
//! use gofarm_sched::placement::Scheduler;
//! use gofarm_sched::simulator::{Simulator, Trace};
//! use gofarm_sched::topology::SpreadOver;
//!
//! let trace: Trace = "\
//! gofarm-trace,1
//! 0,node,shed,farm,4000,8589934592,north,shed
//! 0,node,barn,farm,4000,8589934592,south,barn
//! 1,work,1,irrigation,valves,,critical,1000,500,268435456,,500,
//! 1,work,2,irrigation,valves,,critical,1000,500,268435456,,500,
//! 600,fail,barn
//! 900,until
//! ".parse()?;
//! let rules = || Simulator::builder(Scheduler::builder()).spread(SpreadOver::host());
//!
//! let log: Vec<String> = rules().start(&trace, 7)?.map(|entry| entry.to_string()).collect();
//! assert!(log[2].ends_with("barn unknown"), "{log:?}");
//! assert!(log[3].starts_with("631 s: work 2 rebuilt on shed"), "{log:?}");
//!
//! let report = rules().start(&trace, 7)?.report();
//! assert_eq!((report.rebuilt, report.critical_missing), (1, 0));
//! assert_eq!(report.longest_critical_outage.as_secs(), 31); // the rest of the lease, and one try in the south
//! assert_eq!(report, rules().start(&trace, 7)?.report());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod actors;
mod builder;
mod digest;
mod entry;
mod event;
mod flaw;
mod generator;
mod machine;
mod metrics;
mod parse;
mod placing;
mod recovery;
mod report;
mod shedding;
mod trace;
mod write;

pub use builder::SimulatorBuilder;
pub use entry::{Cause, Entry, Spread, What};
pub use event::{Event, Feed, Name, NodeSpec, Site, WorkSpec};
pub use flaw::{Flaw, TraceError};
pub use generator::Generator;
pub use machine::Simulator;
pub use report::Report;
pub use trace::Trace;
