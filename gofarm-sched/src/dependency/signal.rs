//! What is told to an observer about a service graph.

use core::hash::Hash;

use gofarm_core::observe::{Instrument, Observer};

use super::ServiceGraph;

static SERVICES: Instrument = Instrument::gauge(
    "gofarm.sched.dependency.services",
    "{service}",
    "Services in the graph",
);
static EDGES: Instrument = Instrument::gauge(
    "gofarm.sched.dependency.edges",
    "{edge}",
    "Pairs of services that call each other",
);
static EVICTED: Instrument = Instrument::gauge(
    "gofarm.sched.dependency.evicted",
    "{edge}",
    "Edges pushed out for lack of room since the start",
);

/// Every instrument of service graphs, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 3] = [&SERVICES, &EDGES, &EVICTED];

/// Tells an observer how large a graph is.
pub fn observe<K: Eq + Hash + Clone>(observer: &impl Observer, graph: &ServiceGraph<K>) {
    observer.observe(&SERVICES.count(graph.services() as u64));
    observer.observe(&EDGES.count(graph.edges() as u64));
    observer.observe(&EVICTED.count(graph.evicted_edges()));
}
