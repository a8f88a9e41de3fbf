//! Which service calls which: what is declared before, and what is seen while they run.
//!
//! Two questions look alike and are not. *In which order do services start?* is asked of what was **declared**, and a cycle in
//! it is a mistake: [`start_order`] refuses it and names the cycle in full. *Where does the time go, and who is called next?* is
//! asked of what was **seen**, and there cycles are normal: an irrigation service asks the weather, whose cache asks back. So
//! a [`ServiceGraph`] takes every call as it comes and says for each question what a cycle means there.
//!
//! - [`hot_path`](ServiceGraph::hot_path) goes from a service along the edge with the most traffic and ends where it would
//!   come back to a service that it has passed.
//! - [`critical_path`](ServiceGraph::critical_path) is the longest sum of latencies. Services that call each other in a circle
//!   have no longest path, so they are condensed into one step (their strongly connected component, Tarjan 1972); calls
//!   within the step add nothing. That is a statement about the graph, not about one request: traces answer that.
//! - [`downstream`](ServiceGraph::downstream) are all services that a service leads to, nearest first: what to scale ahead
//!   when its load rises.
//!
//! A call along a known edge costs O(1), whatever the graph holds. Traffic fades with a half-life, so what is no longer called grows cold. The
//! graph is bounded: a call over the caps pushes out the coldest edge, or the coldest service with all of its edges, in a
//! scan of all of them, and both are counted.

mod call;
mod graph;
mod path;
mod room;
mod signal;
mod start_order;

pub use call::{Call, EdgeStats};
pub use graph::{Edge, GraphConfig, ServiceGraph};
pub use path::{CriticalPath, Step};
pub use signal::{INSTRUMENTS, observe};
pub use start_order::{CyclicDependency, start_order};
