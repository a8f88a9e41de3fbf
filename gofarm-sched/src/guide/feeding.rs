//! What to tell a scheduler and when, which figures must fit each other, and how to see that one does not.
//!
//! The example on the front page runs, and places work well. On your farm it may yet send everything to one gateway, or
//! refuse all nodes at noon. Then the rules are seldom wrong; what it was told is: too late, too seldom, or not at all.
//!
//! # What you owe it
//!
//! | when | call | if you do not |
//! |---|---|---|
//! | a node reports | [`observe`][observe] with the time at which it was *measured* | its metrics go stale, and it ranks worse (or is refused) |
//! | work wants a place | [`place`][place], then [`commit`][commit] or [`abandon`][abandon] | the reservation lapses by itself after 30 s |
//! | work has ended | [`completed`][completed], or [`work_failed`][failed] | its room is taken for ever: it keeps resources |
//! | a node is silent | [`not_ready`][ready]; given up: [`lost`][lost], and [`eviction`](crate::eviction) for what ran there | work is sent to a dead node |
//! | a battery reports | [`set_power_until`][power] | a harvest starts on a node that ends at noon |
//!
//! Timers need no thread: each call does what was due before it. It keeps no queue either. A request that finds no place
//! is yours; ask again when something has changed, for which [`reconcile`](crate::reconcile) has a queue.
//!
//! # It counts what it gave away
//!
//! Metrics are old by the time that they arrive. A scheduler that goes by them alone sends all work of one interval to the
//! node that was idle in the last. Here a placement reserves at once, and its expected load counts until a metric that
//! was *measured later* shows it. So twenty requests between two reports do not meet on one node:
//!
//! ```
//! use gofarm_core::time::{Instant, millis, secs};
//! use gofarm_sched::load::Load;
//! use gofarm_sched::node::Node;
//! use gofarm_sched::placement::Scheduler;
//! use gofarm_sched::request::Request;
//! use gofarm_sched::resource::{Ask, Resources};
//!
//! let mut sched = Scheduler::builder().build()?;
//! let measured = Instant::from_secs(60);
//! let mut nodes = Vec::new();
//! for (name, cpu) in [("barn", 0.10), ("shed", 0.12), ("field", 0.11), ("well", 0.13)] {
//!     let node = sched.add_node(Node::new(name, Resources::new(4_000, 8 << 30)));
//!     sched.observe(node, Load::idle().cpu(cpu), measured)?;
//!     nodes.push(node);
//! }
//!
//! let request = Request::new(Ask::new(200, 128 << 20)).group("upload"); // a twentieth of a node
//! let mut placed = Vec::new();
//! for at in 0..20 {
//!     let now = measured + millis(at * 100); // nobody reports meanwhile
//!     let decision = sched.place(&request, now)?;
//!     placed.push((decision.node(), sched.commit(decision, now)?));
//! }
//! for node in nodes {
//!     let share = placed.iter().filter(|(on, _)| *on == node).count();
//!     assert!((4..=6).contains(&share), "{share}");
//! }
//! for (_, placement) in placed {
//!     sched.completed(placement, measured + secs(30))?; // say it: nothing else frees the room
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! How much it matters that ends are reported is in BENCHMARKS.md: 100 equal nodes, lives that vary, metrics every 1 000 steps:
//! the fullest node has 1.03 times the mean use with ends reported and 1.24 times without; by the last metrics alone it
//! (and lives that do not vary) it is 50 times.
//!
//! # Figures that must fit
//!
//! | figure | default | must be |
//! |---|---|---|
//! | report interval (yours) | | seconds, not more than a minute; the field's own figure is 5 s, from samples each 200 ms |
//! | [`stale(after(…), …)`][stale] | 10 s | two to three report intervals, and for each metric that arrives by another way its own |
//! | [`settling`][settling] | 10 s | the time over which your metrics are averaged: until then they show new work in part |
//! | [`in_flight`][in_flight] | 60 s | longer than a report interval and `settling` together |
//! | [`hold`][hold] | 30 s | longer than the slowest permit or bind of yours |
//! | [`slow_start`][slow_start] | 30 s | the time in which a returned node warms up; 0 where it need not |
//! | [`limit`][limit] | 0.92 | below the load at which latency breaks; placement refuses above it |
//!
//! The first row of mistakes is a stale time shorter than the report interval: every node is stale most of the time, and
//! ranks by penalties. On Linux, `load::linux::Collector` gives processors, memory and disks; **network and
//! application latency are yours to probe**, since the kernel does not know them. A metric that no node has ever reported
//! counts for nothing.
//!
//! # Rules of your own
//!
//! Write a [`Filter`](crate::placement::Filter) or a [`Score`](crate::placement::Score); the repository's `custom_plugin` has both.
//! Filters say no (too wet, no power until the end), scores say rather not. A filter that is too strict shows as work that is
//! never placed, a score as work in an odd place: prefer scores. **No valve's safety may rest on either**: during a cut two
//! copies of one controller may run, and what keeps the water off then is the lease on the device.
//!
//! # When something is odd
//!
//! Print `{decision:#}`: it says what each term cost and who was refused. Then the signals:
//!
//! | you see | it means |
//! |---|---|
//! | `gofarm.sched.placement.requests`, `unplaced`, while nodes are idle | a filter, or room that was never given back: compare `placements_on` with what runs |
//! | `placement.reservations`, `lapsed` | decisions that nobody commits, or `hold` too short |
//! | `placement.asked` near the number of nodes each time | a plugin that says it depends on everything; narrow its `Sensitivity` |
//! | `node.score` equal for all, `node.load` high | all are full: scale, or shed; ranking cannot help |
//! | `mode.moves` there and back | `back_at` too near `trip_at`, or a dwell time too short |
//! | `autonomy.mode_changes` many a day | a link that flaps: longer times before it counts as lost |
//! | `autoscale.limited` most of the time | bounds or policies decide, not the metric |
//!
//! Change weights on a recorded day first: the [`simulator`](crate::simulator) plays it with the real scheduler, and a seed and a
//! trace give the same decisions to the last bit.
//!
//! [observe]: crate::placement::Scheduler::observe
//! [place]: crate::placement::Scheduler::place
//! [commit]: crate::placement::Scheduler::commit
//! [abandon]: crate::placement::Scheduler::abandon
//! [completed]: crate::placement::Scheduler::completed
//! [failed]: crate::placement::Scheduler::work_failed
//! [ready]: crate::placement::Scheduler::not_ready
//! [lost]: crate::placement::Scheduler::lost
//! [power]: crate::placement::Scheduler::set_power_until
//! [stale]: crate::placement::SchedulerBuilder::stale
//! [settling]: crate::placement::SchedulerBuilder::settling
//! [in_flight]: crate::placement::SchedulerBuilder::in_flight
//! [hold]: crate::placement::SchedulerBuilder::hold
//! [slow_start]: crate::placement::SchedulerBuilder::slow_start
//! [limit]: crate::placement::SchedulerBuilder::limit
