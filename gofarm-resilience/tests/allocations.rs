//! A call through a Layer allocates nothing: counted by an allocator of this test's own.
//!
//! In a binary of its own, because the allocator counts for the whole process.
#![cfg(feature = "tokio")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::future::{Ready, ready};
use core::task::{Context, Poll};

use gofarm_core::time::{minutes, secs};
use gofarm_resilience::layer::{
    AdaptiveLayer, BreakerLayer, BulkheadLayer, ConcurrencyLayer, DeadlineLayer, FallbackLayer,
    HedgeLayer, LastAnswers, MeterLayer, RateLimitLayer, RetryLayer, TimeoutLayer,
};
use gofarm_resilience::policy::breaker::{Breaker, Mode};
use gofarm_resilience::policy::{Gradient, Hedge, Idempotence, Rate, Retry, TokenBucket};
use tower::{Layer, Service, ServiceExt};

type Request = http::Request<u32>;

/// Answers at once.
#[derive(Clone)]
struct Probe;

impl Service<Request> for Probe {
    type Response = u32;
    type Error = std::io::Error;
    type Future = Ready<Result<u32, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ready(Ok(*request.body()))
    }
}

/// Answers when it is polled for the second time, so that timers are set and futures wait.
#[derive(Clone)]
struct Slow;

struct SlowCall(bool, u32);

impl Future for SlowCall {
    type Output = Result<u32, std::io::Error>;

    fn poll(mut self: core::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.0 {
            return Poll::Ready(Ok(self.1));
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Service<Request> for Slow {
    type Response = u32;
    type Error = std::io::Error;
    type Future = SlowCall;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        SlowCall(false, *request.body())
    }
}

/// Allocations of a hundred calls, after some to warm up.
fn allocations<L, S>(layer: L, inner: S) -> u64
where
    L: Layer<S>,
    L::Service: Service<Request>,
{
    let mut service = layer.layer(inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut requests: Vec<_> = (0..110).map(|_| Request::new(7)).collect();
    runtime.block_on(async {
        for request in requests.drain(100..) {
            let _ = service
                .ready()
                .await
                .map(|ready| ready.call(request))
                .ok()
                .unwrap()
                .await;
        }
    });
    let mut calls = requests.into_iter();
    let info = allocation_counter::measure(|| {
        runtime.block_on(async {
            for request in calls.by_ref() {
                let _ = service
                    .ready()
                    .await
                    .map(|ready| ready.call(request))
                    .ok()
                    .unwrap()
                    .await;
            }
        });
    });
    info.count_total
}

fn on_both<L>(name: &str, layer: L)
where
    L: Layer<Probe> + Layer<Slow> + Clone,
    <L as Layer<Probe>>::Service: Service<Request>,
    <L as Layer<Slow>>::Service: Service<Request>,
{
    assert_eq!(allocations(layer.clone(), Probe), 0, "{name}");
    assert_eq!(allocations(layer, Slow), 0, "{name}, over a slow service");
}

#[test]
fn a_call_through_a_layer_allocates_nothing() {
    // The counter counts at all.
    let control = allocation_counter::measure(|| drop(core::hint::black_box(Box::new(7))));
    assert_eq!(control.count_total, 1);

    let key = |request: &Request| *request.body();
    let idempotent = |_: &Request| Idempotence::Idempotent;
    on_both("breaker", BreakerLayer::new(Breaker::simple()).unwrap());
    on_both(
        "slo breaker",
        BreakerLayer::new(Breaker::gateway_slo()).unwrap(),
    );
    on_both(
        "keyed breaker",
        BreakerLayer::keyed(key, Breaker::simple()).unwrap(),
    );
    let held = BreakerLayer::new(Breaker::simple()).unwrap();
    held.breaker().hold(Mode::ForcedOpen);
    on_both("open breaker", held);
    on_both("bulkhead", BulkheadLayer::new(9).unwrap());
    on_both(
        "sharded bulkhead",
        BulkheadLayer::sharded(4, 9, key).unwrap(),
    );
    on_both("keyed bulkhead", BulkheadLayer::keyed(key, 9).unwrap());
    on_both("concurrency", ConcurrencyLayer::sharded(4, 9, key).unwrap());
    let rate = TokenBucket::at(Rate::per_second(1)).burst(5);
    on_both("rate limit", RateLimitLayer::new(rate).unwrap());
    on_both(
        "adaptive",
        AdaptiveLayer::gradient(Gradient::adaptive()).unwrap(),
    );
    on_both("timeout", TimeoutLayer::new(secs(5)));
    on_both("retry", RetryLayer::new(Retry::attempts(3)).unwrap());
    on_both(
        "hedge",
        HedgeLayer::new(Hedge::after_permille(950), idempotent).unwrap(),
    );
    let cache = LastAnswers::new(9, move |request: &Request| Some(key(request))).unwrap();
    on_both(
        "fallback",
        FallbackLayer::stale(cache, minutes(15)).unwrap(),
    );
    on_both("deadline, none given", DeadlineLayer::from_context());
    on_both("meter", MeterLayer::new(()));
}

#[test]
fn a_service_that_is_cloned_for_each_call_allocates_nothing() {
    let breaker = BreakerLayer::new(Breaker::simple()).unwrap();
    let retry = RetryLayer::new(Retry::attempts(3)).unwrap();
    let service = TimeoutLayer::new(secs(5)).layer(retry.layer(breaker.layer(Slow)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let calls = |requests: Vec<Request>| {
        runtime.block_on(async {
            for request in requests {
                let _ = service.clone().oneshot(request).await.ok().unwrap();
            }
        });
    };
    let requests = || (0..100).map(|_| Request::new(7)).collect::<Vec<_>>();
    calls(requests());
    let requests = requests();
    let info = allocation_counter::measure(|| calls(requests));
    assert_eq!(info.count_total, 0);
}
