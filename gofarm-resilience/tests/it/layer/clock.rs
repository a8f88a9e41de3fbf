//! How often the Layers look at their clock: a look costs more than most policies do.

use core::fmt::Debug;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use gofarm_core::time::{Clock, Instant};
use gofarm_resilience::layer::{AdaptiveLayer, BreakerLayer, BulkheadLayer, RateLimitLayer};
use gofarm_resilience::policy::breaker::Breaker;
use gofarm_resilience::policy::{Gradient, Rate, TokenBucket, TokenBucketConfig};
use tower::{Layer, Service, ServiceExt, service_fn};

#[derive(Default)]
struct Looks(AtomicU32);

impl Clock for Looks {
    fn now(&self) -> Instant {
        Instant::from_secs(u64::from(self.0.fetch_add(1, SeqCst)))
    }
}

impl Looks {
    fn take(&self) -> u32 {
        self.0.swap(0, SeqCst)
    }
}

/// Looks for a call that is answered, and for one that is given up.
async fn looks<S>(clock: &Looks, mut service: S) -> (u32, u32)
where
    S: Service<u16, Response = u16, Error: Debug>,
{
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
    let answered = clock.take();
    drop(service.ready().await.unwrap().call(7));
    (answered, clock.take())
}

fn rate() -> TokenBucketConfig {
    TokenBucket::at(Rate::per_second(1)).burst(100)
}

#[tokio::test]
async fn no_clock_is_read_for_a_policy_that_does_not_look_at_the_time() {
    let clock = &Looks::default();
    let device = service_fn(async |register: u16| Ok::<_, std::io::Error>(register));
    let key = |register: &u16| *register;

    let bulkhead = BulkheadLayer::new(1).unwrap().clock(clock);
    assert_eq!(looks(clock, bulkhead.layer(device)).await, (0, 0));
    let bulkhead = BulkheadLayer::sharded(1, 1, key).unwrap().clock(clock);
    assert_eq!(looks(clock, bulkhead.layer(device)).await, (0, 0));
    let bulkhead = BulkheadLayer::keyed(key, 1).unwrap().clock(clock);
    assert_eq!(looks(clock, bulkhead.layer(device)).await, (0, 0));

    let limit = RateLimitLayer::new(rate()).unwrap().clock(clock);
    assert_eq!(looks(clock, limit.layer(device)).await, (1, 1));
    let limit = RateLimitLayer::keyed(key, rate()).unwrap().clock(clock);
    assert_eq!(looks(clock, limit.layer(device)).await, (1, 1));

    let adaptive = AdaptiveLayer::gradient(Gradient::adaptive()).unwrap();
    let adaptive = adaptive.clock(clock).layer(device);
    assert_eq!(looks(clock, adaptive).await, (2, 2));
    let breaker = BreakerLayer::new(Breaker::simple()).unwrap().clock(clock);
    assert_eq!(looks(clock, breaker.layer(device)).await, (2, 2));
    let breaker = BreakerLayer::keyed(key, Breaker::simple()).unwrap();
    let breaker = breaker.clock(clock).layer(device);
    assert_eq!(looks(clock, breaker).await, (2, 2));
}
