//! The lighter of two nodes drawn at random: tower's balancer, and a scheduler's cheap pick.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gofarm_core::random::SplitMix64;
use gofarm_core::time::Instant;
use gofarm_sched::load::Load;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};
use tower::Service;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, Constant, Load as TowerLoad, PeakEwma, PendingRequests};

use crate::figures::Figures;

const ENDPOINTS: [usize; 4] = [2, 10, 100, 1_000];

fn case(endpoints: usize) -> String {
    format!("lighter of two among {endpoints} endpoints: one request that does nothing")
}

/// An endpoint that answers at once.
struct Endpoint;

impl Service<()> for Endpoint {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

pub(super) fn measure(figures: &mut Figures) {
    for count in ENDPOINTS {
        let case = case(count);
        let all = || (0..count).map(|_| Endpoint);
        let completed = CompleteOnResponse::default;
        balance(figures, &case, "tower, PeakEwma", all(), |endpoint| {
            PeakEwma::new(endpoint, Duration::from_millis(1), 1e10, completed())
        });
        balance(
            figures,
            &case,
            "tower, PendingRequests",
            all(),
            |endpoint| PendingRequests::new(endpoint, completed()),
        );
        balance(figures, &case, "tower, constant load", all(), |endpoint| {
            Constant::new(endpoint, 1_u32)
        });
        let mut cheap = Cheap::new(count);
        figures.time(&case, "gofarm place_cheap, given up", || cheap.pick());
        figures.time(&case, "gofarm place_cheap, started and ended", || {
            cheap.request();
        });
    }
}

fn balance<S>(
    figures: &mut Figures,
    case: &str,
    engine: &str,
    endpoints: impl Iterator<Item = Endpoint>,
    measured: impl Fn(Endpoint) -> S,
) where
    S: Service<(), Response = (), Error = Infallible> + TowerLoad,
    S::Metric: std::fmt::Debug,
{
    let list = ServiceList::new::<()>(endpoints.map(measured).collect::<Vec<_>>());
    let mut balance = Balance::new(list);
    let mut context = Context::from_waker(Waker::noop());
    figures.time(case, engine, || {
        let ready = <Balance<_, ()> as Service<()>>::poll_ready(&mut balance, &mut context);
        assert!(matches!(ready, Poll::Ready(Ok(()))));
        pin!(balance.call(())).poll(&mut context).is_ready()
    });
}

/// A scheduler that draws two nodes for each request. Its clock is moved by hand; tower's PeakEwma reads its own.
struct Cheap {
    sched: Scheduler,
    request: Request,
    random: SplitMix64,
    now: Instant,
}

impl Cheap {
    fn new(nodes: usize) -> Self {
        let mut sched = Scheduler::builder()
            .no_limit()
            .build()
            .expect("the defaults");
        let now = Instant::from_secs(1);
        let node = |_| sched.add_node(Node::new("node", Resources::new(16_000, 64 << 30)));
        let nodes: Vec<NodeId> = (0..nodes).map(node).collect();
        for (at, node) in nodes.into_iter().enumerate() {
            let load = Load::idle().cpu((at % 10) as f32 / 10.0);
            sched.observe(node, load, now).expect("it is there");
        }
        Self {
            sched,
            request: Request::new(Ask::new(100, 256 << 20)),
            random: SplitMix64::new(7),
            now,
        }
    }

    fn pick(&mut self) {
        let Self { sched, now, .. } = self;
        let decision = sched.place_cheap(&self.request, *now, &mut self.random);
        sched
            .abandon(decision.expect("there is room"))
            .expect("it is held");
    }

    fn request(&mut self) {
        let Self { sched, now, .. } = self;
        *now = *now + Duration::from_micros(1);
        let decision = sched.place_cheap(&self.request, *now, &mut self.random);
        let placement = sched.commit(decision.expect("there is room"), *now);
        sched
            .completed(placement.expect("it is held"), *now)
            .expect("it runs");
    }
}
