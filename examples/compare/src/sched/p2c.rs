//! tower's balancer: the lighter of two endpoints, by the peak EWMA of their latency.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tower::Service;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma};

use crate::figures::Figures;

/// The numbers of endpoints that are measured.
pub(super) const ENDPOINTS: [usize; 4] = [2, 10, 100, 1_000];

/// The case of so many endpoints.
pub(super) fn case(endpoints: usize) -> String {
    format!("lighter of two among {endpoints} endpoints: one call that does nothing")
}

const ENGINE: &str = "tower p2c with PeakEwma";

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

pub fn measure(figures: &mut Figures) {
    for count in ENDPOINTS {
        let endpoints = (0..count).map(|_| {
            let (rtt, decay) = (Duration::from_millis(1), 1e10);
            PeakEwma::new(Endpoint, rtt, decay, CompleteOnResponse::default())
        });
        let list = ServiceList::new::<()>(endpoints.collect::<Vec<_>>());
        let mut balance = Balance::new(list);
        let mut context = Context::from_waker(Waker::noop());
        figures.time(&case(count), ENGINE, || {
            let ready = <Balance<_, ()> as Service<()>>::poll_ready(&mut balance, &mut context);
            assert!(matches!(ready, Poll::Ready(Ok(()))));
            pin!(balance.call(())).poll(&mut context).is_ready()
        });
    }
}
