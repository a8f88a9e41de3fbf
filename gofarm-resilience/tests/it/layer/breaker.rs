//! Breakers in a stack: R1, R2 and R3, labels, classifiers and what an observer is told.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use core::task::Poll;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{ManualClock, millis, minutes, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::context::{CallContext, Contextual};
use gofarm_resilience::label::{Label, Labels};
use gofarm_resilience::layer::{
    BreakerLayer, BulkheadLayer, ByStatus, CallError, FallbackLayer, LastAnswers, RateLimitLayer,
    Tier, TiersLayer,
};
use gofarm_resilience::policy::breaker::{Breaker, Mode, Phase};
use gofarm_resilience::policy::{Rate, Reason, TokenBucket};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::layer::field::{Request, SharedClock, request};
use crate::told::Told;

/// A failure that says whose it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fault(Option<Tier>);

impl Classify for Fault {
    fn kind(&self) -> Kind {
        match self.0 {
            Some(_) => Kind::TimedOut,
            None => Kind::Invalid,
        }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl core::error::Error for Fault {}

#[derive(Clone, Copy)]
struct Read {
    gateway: u16,
    device: u32,
}

#[tokio::test(start_paused = true)]
async fn r1_five_failures_open_for_30_s_and_the_fallback_is_marked_degraded() {
    let asked = AtomicU32::new(0);
    let down = AtomicU32::new(0);
    let probe = service_fn(async |_: u32| {
        asked.fetch_add(1, SeqCst);
        match down.load(SeqCst) {
            0 => Ok(0.31),
            _ => Err(Fault(Some(Tier::Device))),
        }
    });
    let cache = LastAnswers::new(10, |device: &u32| Some(*device)).unwrap();
    let told = Arc::new(Told::default());
    let mut probe = ServiceBuilder::new()
        .layer(
            FallbackLayer::stale(cache, minutes(15))
                .unwrap()
                .observe(Arc::clone(&told)),
        )
        .layer(
            BreakerLayer::new(Breaker::simple())
                .unwrap()
                .observe(Arc::clone(&told)),
        )
        .service(probe);
    assert!(
        !probe
            .ready()
            .await
            .unwrap()
            .call(7)
            .await
            .unwrap()
            .is_degraded()
    );
    down.store(1, SeqCst);
    for second in 0..20 {
        let answer = probe.ready().await.unwrap().call(7).await.unwrap();
        assert!(answer.is_degraded());
        assert_eq!((*answer.value(), answer.age()), (0.31, Some(secs(second))));
        tokio::time::advance(secs(1)).await;
    }
    assert_eq!(asked.load(SeqCst), 1 + 5);
    down.store(0, SeqCst);
    // 30 s after the fifth failure, which was at 4 s; deadlines are rounded up to whole milliseconds.
    tokio::time::advance(millis(14_001)).await;
    assert!(
        !probe
            .ready()
            .await
            .unwrap()
            .call(7)
            .await
            .unwrap()
            .is_degraded()
    );
    let told: Vec<_> = told
        .take()
        .into_iter()
        .filter(|line| line.contains("transitions"))
        .collect();
    let name = "gofarm.resilience.breaker.transitions layer=breaker";
    assert_eq!(
        told,
        [
            format!("{name} from=closed to=open cause=consecutive"),
            format!("{name} from=open to=half_open cause=waited"),
            format!("{name} from=half_open to=closed cause=trials_succeeded"),
        ]
    );
}

/// Calls each of these once a second and returns how many calls went out.
async fn run<S>(service: &mut S, reads: &[Read], seconds: u32, sent: &AtomicU32) -> u32
where
    S: Service<Read>,
{
    let before = sent.load(SeqCst);
    for _ in 0..seconds {
        for &read in reads {
            let Ok(ready) = service.ready().await else {
                panic!("never not ready");
            };
            let _ = ready.call(read).await;
        }
        tokio::time::advance(secs(1)).await;
    }
    sent.load(SeqCst) - before
}

#[tokio::test(start_paused = true)]
async fn r2_each_tier_opens_for_its_own_failures_and_serves_the_cached_value() {
    let sent = AtomicU32::new(0);
    let broken = std::sync::Mutex::new(None::<(Tier, u32)>);
    let field = service_fn(async |read: Read| {
        sent.fetch_add(1, SeqCst);
        match *broken.lock().unwrap() {
            Some((Tier::Device, device)) if device == read.device => Err(Fault(Some(Tier::Device))),
            Some((Tier::Protocol, gateway)) if gateway == u32::from(read.gateway) => {
                Err(Fault(Some(Tier::Protocol)))
            }
            Some((Tier::Network, _)) => Err(Fault(Some(Tier::Network))),
            _ => Ok(read.device),
        }
    });
    let cache = LastAnswers::new(100, |read: &Read| Some(read.device)).unwrap();
    let gateway = |read: &Read| read.gateway;
    let device = |read: &Read| read.device;
    let tiers = TiersLayer::new(|e: &Fault| e.0, gateway, device, cache, minutes(15)).unwrap();
    let mut service = tiers.layer(field);
    let reads: Vec<_> = (0..10)
        .map(|device| Read {
            gateway: u16::from(device >= 5),
            device,
        })
        .collect();
    let network = || tiers.network().stats().opened();
    let times = |table: &mut u32, opened: u32| *table += opened;
    let opened = || {
        let (mut gateways, mut devices) = (0, 0);
        tiers.gateways().for_each_shard(|shard| {
            shard
                .iter()
                .for_each(|(_, state)| times(&mut gateways, state.stats().opened()));
        });
        tiers.devices().for_each_shard(|shard| {
            shard
                .iter()
                .for_each(|(_, state)| times(&mut devices, state.stats().opened()));
        });
        (network(), gateways, devices)
    };
    assert_eq!(run(&mut service, &reads, 20, &sent).await, 200);
    assert_eq!(opened(), (0, 0, 0));

    // One device of ten: its breaker alone, though a tenth of all calls fails at first.
    *broken.lock().unwrap() = Some((Tier::Device, 3));
    let calls = run(&mut service, &reads, 20, &sent).await;
    assert_eq!((calls, opened()), (180 + 3, (0, 0, 1)));
    let degraded = service.ready().await.unwrap().call(reads[3]).await.unwrap();
    assert!(degraded.is_degraded());
    *broken.lock().unwrap() = None;
    run(&mut service, &reads, 40, &sent).await;

    // One gateway of two: its five devices are cut off, none of their breakers opens.
    *broken.lock().unwrap() = Some((Tier::Protocol, 1));
    let calls = run(&mut service, &reads, 20, &sent).await;
    assert_eq!((calls, opened()), (100 + 3, (0, 1, 1)));
    *broken.lock().unwrap() = None;
    run(&mut service, &reads, 40, &sent).await;

    // The network: nobody is called until the trial after 30 s.
    *broken.lock().unwrap() = Some((Tier::Network, 0));
    let calls = run(&mut service, &reads, 20, &sent).await;
    assert!(calls <= 10, "{calls} calls into a network that is down");
    assert_eq!(opened(), (1, 1, 1));
    for &read in &reads {
        assert!(
            service
                .ready()
                .await
                .unwrap()
                .call(read)
                .await
                .unwrap()
                .is_degraded()
        );
    }
    *broken.lock().unwrap() = None;
    run(&mut service, &reads, 40, &sent).await;
    assert_eq!(run(&mut service, &reads, 10, &sent).await, 100);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_wrong_is_blamed_on_no_tier() {
    let field = service_fn(async |_: Read| Err::<u32, _>(Fault(None)));
    let cache = LastAnswers::new(1, |_: &Read| None::<u32>).unwrap();
    let layer = TiersLayer::new(
        |e: &Fault| e.0,
        |read: &Read| read.gateway,
        |read: &Read| read.device,
        cache,
        minutes(15),
    );
    let mut service = layer.unwrap().layer(field);
    for _ in 0..200 {
        let read = Read {
            gateway: 1,
            device: 1,
        };
        let error = service.ready().await.unwrap().call(read).await.unwrap_err();
        assert_eq!(error.flatten().flatten(), CallError::Inner(Fault(None)));
    }
}

#[tokio::test(start_paused = true)]
async fn r3_a_gateway_that_misses_200_ms_opens_for_10_s_and_excess_calls_only_are_rejected() {
    let latency = AtomicU32::new(20);
    let gateway = service_fn(async |_: u32| {
        tokio::time::sleep(Duration::from_millis(latency.load(SeqCst).into())).await;
        Ok::<_, Fault>(())
    });
    let layer = BreakerLayer::new(Breaker::gateway_slo()).unwrap();
    let breaker = Arc::clone(layer.breaker());
    let mut gateway = layer.layer(gateway);
    let mut excess = 0;
    for _ in 0..1_500 {
        // All of them at one moment: dropped while under way, which is neutral.
        let mut call = tokio_test::task::spawn(gateway.ready().await.unwrap().call(1));
        if let Poll::Ready(Err(CallError::Rejected(rejected))) = call.poll() {
            assert_eq!(rejected.reason(), Reason::RateExceeded);
            excess += 1;
        }
    }
    assert!(excess > 0 && breaker.stats().opened() == 0);
    tokio::time::advance(secs(1)).await;
    latency.store(300, SeqCst);
    let mut slow = 0;
    let error = loop {
        match gateway.ready().await.unwrap().call(1).await {
            Ok(()) => slow += 1,
            Err(error) => break error,
        }
        assert!(slow < 1_000);
    };
    // A breaker keeps its deadlines in whole milliseconds, rounded up.
    let wait = error.retry_after().unwrap();
    assert!(wait >= secs(10) && wait < millis(10_001), "{wait:?}");
    latency.store(20, SeqCst);
    tokio::time::advance(wait).await;
    for _ in 0..3 {
        gateway.ready().await.unwrap().call(1).await.unwrap();
    }
    assert_eq!(breaker.stats().opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn r8_a_tenant_that_floods_does_not_use_up_the_share_of_another() {
    let tenant = |request: &Request| request.context().and_then(|c| c.labels().tenant().copied());
    let rate = TokenBucket::at(Rate::per_second(10)).burst(10);
    let mut service = RateLimitLayer::keyed(tenant, rate)
        .unwrap()
        .layer(service_fn(async |_: Request| Ok::<_, Fault>(())));
    let of = |name: &str| {
        let mut request = request(1);
        let labels = Labels::new().of_tenant(Label::new(name).unwrap());
        *request.context_mut() = CallContext::new().with_labels(labels);
        request
    };
    let mut admitted = 0;
    for _ in 0..1_000 {
        admitted += u32::from(
            service
                .ready()
                .await
                .unwrap()
                .call(of("noisy"))
                .await
                .is_ok(),
        );
    }
    assert_eq!(admitted, 10);
    for _ in 0..10 {
        service
            .ready()
            .await
            .unwrap()
            .call(of("quiet"))
            .await
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_further_in_does_not_open_the_breaker() {
    let layer = BreakerLayer::new(Breaker::consecutive(1)).unwrap();
    let breaker = Arc::clone(layer.breaker());
    let hangs = service_fn(async |(): ()| core::future::pending::<Result<(), Fault>>().await);
    let mut service = layer.layer(BulkheadLayer::new(1).unwrap().layer(hangs));
    let mut first = tokio_test::task::spawn(service.ready().await.unwrap().call(()));
    assert!(first.poll().is_pending());
    for _ in 0..10 {
        let error = service.ready().await.unwrap().call(()).await.unwrap_err();
        let rejected = error.flatten().rejected().copied().unwrap();
        assert_eq!(rejected.reason(), Reason::Full);
    }
    assert_eq!(breaker.stats().opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn answers_are_failures_where_a_classifier_says_so() {
    let status = service_fn(async |status: u16| {
        Ok::<_, Fault>(http::Response::builder().status(status).body(()).unwrap())
    });
    let layer = BreakerLayer::new(Breaker::consecutive(2))
        .unwrap()
        .classify(ByStatus);
    let breaker = Arc::clone(layer.breaker());
    let mut service = layer.layer(status);
    for (status, opened) in [(503, 0), (404, 0), (200, 0), (503, 0), (404, 0), (500, 1)] {
        service.ready().await.unwrap().call(status).await.unwrap();
        assert_eq!(breaker.stats().opened(), opened, "{status}");
    }

    let layer = BreakerLayer::new(Breaker::consecutive(1))
        .unwrap()
        .classify(|result: &Result<u16, Fault>| match result {
            Ok(0xffff) => Outcome::Failure, // the probe's cable is broken
            _ => Outcome::Success,
        });
    let breaker = Arc::clone(layer.breaker());
    let mut probe = layer.layer(service_fn(async |raw: u16| Ok::<_, Fault>(raw)));
    probe.ready().await.unwrap().call(0xffff).await.unwrap();
    assert_eq!(breaker.stats().opened(), 1);
}

#[tokio::test]
async fn a_layer_follows_the_clock_it_is_given_and_an_operator_holds_the_breaker() {
    let clock = Arc::new(ManualClock::new());
    let fails = service_fn(async |_: u32| Err::<(), _>(Fault(Some(Tier::Device))));
    let layer = BreakerLayer::new(Breaker::consecutive(1))
        .unwrap()
        .clock(SharedClock(Arc::clone(&clock)));
    let breaker = Arc::clone(layer.breaker());
    let mut service = layer.layer(fails);
    service.ready().await.unwrap().call(1).await.unwrap_err();
    clock.advance(millis(29_999));
    let error = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(millis(1)));
    clock.advance(millis(1));
    let error = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert!(error.rejected().is_none());
    breaker.hold(Mode::ForcedOpen);
    clock.advance(minutes(600));
    let error = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(
        error.rejected().map(|r| r.reason()),
        Some(Reason::ForcedOpen)
    );
    assert_ne!(
        breaker.phase(gofarm_core::time::Clock::now(&*clock)),
        Phase::Closed
    );
}
