//! R11: a real stack over loopback TCP with latency, errors, floods, cancellations and kills; and 72 hours on a clock
//! moved by hand.
//!
//! Time is the runtime's paused clock, which moves on when every task waits; nothing here sleeps in real time. Data on
//! loopback may come after the clock has moved on: that is one more late answer, so what is asserted holds for
//! any order.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use std::io;
use std::sync::Mutex;

use crate::layer::field::SharedClock;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Clock, Instant, ManualClock, hours, millis, secs};
use gofarm_resilience::layer::{
    BreakerLayer, BulkheadLayer, ConcurrencyLayer, RetryLayer, RuntimeClock, SharedRandom,
    TimeoutLayer,
};
use gofarm_resilience::policy::breaker::{Breaker, Phase};
use gofarm_resilience::policy::{Backoff, Jitter, Retry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

/// A gateway on loopback that can be slow, wrong and dead.
struct Gateway {
    port: u16,
    errors: Arc<AtomicBool>,
    now: Arc<AtomicU32>,
    most: Arc<AtomicU32>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Gateway {
    async fn start(port: u16, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let errors = Arc::new(AtomicBool::new(true));
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let task = tokio::spawn(Self::serve(
            listener,
            seed,
            Arc::clone(&errors),
            (Arc::clone(&now), Arc::clone(&most)),
        ));
        Self {
            port,
            errors,
            now,
            most,
            task: Some(task),
        }
    }

    async fn serve(
        listener: TcpListener,
        seed: u64,
        errors: Arc<AtomicBool>,
        (now, most): (Arc<AtomicU32>, Arc<AtomicU32>),
    ) {
        let mut random = SplitMix64::new(seed);
        let mut calls = JoinSet::new(); // dropped with this task: a kill cuts all connections
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                continue;
            };
            let latency = millis(70 + random.below(61)); // 100 ± 30 ms
            let fails = errors.load(SeqCst) && random.below(100) < 30;
            let under_way = UnderWay::begin(&now, &most);
            calls.spawn(async move {
                let _under_way = under_way;
                let Ok(number) = stream.read_u32().await else {
                    return;
                };
                tokio::time::sleep(latency).await;
                if !fails {
                    let _ = stream.write_u32(number + 1).await;
                }
            });
            while calls.try_join_next().is_some() {}
        }
    }

    async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }
}

struct UnderWay(Arc<AtomicU32>);

impl UnderWay {
    fn begin(now: &Arc<AtomicU32>, most: &AtomicU32) -> Self {
        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(Arc::clone(now))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn ask(port: u16, number: u32) -> io::Result<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_u32(number).await?;
    stream.read_u32().await
}

const TRIALS: u8 = 3;
const OPEN: Duration = secs(2);
const RAMP: Duration = secs(5);

#[tokio::test(start_paused = true)]
async fn r11_no_permit_is_lost_nothing_is_wedged_and_recovery_is_within_the_ramp() {
    let mut gateway = Gateway::start(0, 1).await;
    let port = gateway.port;
    let breaker_layer = BreakerLayer::new(
        Breaker::failure_rate(0.6)
            .minimum_calls(20)
            .consecutive(8)
            .open_for(OPEN)
            .half_open(TRIALS)
            .ramp(RAMP, 0.1),
    )
    .unwrap();
    let breaker = Arc::clone(breaker_layer.breaker());
    let bulkhead_layer = BulkheadLayer::new(64).unwrap();
    let bulkhead = Arc::clone(bulkhead_layer.policy());
    let places = ConcurrencyLayer::sharded(4, 8, |number: &u32| *number).unwrap();
    let semaphore = Arc::clone(places.semaphore());
    let plain = ServiceBuilder::new()
        .layer(breaker_layer)
        .layer(bulkhead_layer)
        .layer(places)
        .layer(TimeoutLayer::new(millis(500)))
        .service(service_fn(move |number: u32| ask(port, number)));
    let again = Retry::attempts(3).backoff(Backoff::exponential(millis(50), secs(1), Jitter::Full));
    let again = RetryLayer::new(again)
        .unwrap()
        .random(SharedRandom::seeded(7));
    let retried = again.layer(plain.clone());

    let mut failed_for_good = 0;
    for round in 0..4_u64 {
        // Thirty percent errors, clients that give up at a random moment.
        gateway.errors.store(true, SeqCst);
        let (answers, failures) = load(&retried, round, secs(20)).await;
        assert!(
            answers > 500,
            "round {round}: {answers} answers, {failures} failures"
        );
        failed_for_good += failures;

        gateway.kill().await;
        load(&retried, round + 100, secs(6)).await;
        assert_ne!(
            breaker.phase(RuntimeClock.now()),
            Phase::Closed,
            "round {round}"
        );

        // Back, and a flood of callers when the open time ends: no more trials than there may be.
        gateway = Gateway::start(port, round + 50).await;
        gateway.errors.store(false, SeqCst);
        tokio::time::sleep(OPEN + millis(1)).await;
        let mut flood = JoinSet::new();
        for number in 0..300 {
            flood.spawn(plain.clone().oneshot(number));
        }
        tokio::time::sleep(millis(60)).await; // no trial has been answered yet
        assert!(
            gateway.most.load(SeqCst) <= u32::from(TRIALS),
            "{:?}",
            gateway.most
        );
        while flood.join_next().await.is_some() {}

        // Closed by the trials, then everything after the ramp.
        load(&plain, round + 200, RAMP + secs(2)).await;
        assert_eq!(
            breaker.phase(RuntimeClock.now()),
            Phase::Closed,
            "round {round}"
        );
        for number in 0..50 {
            assert_eq!(plain.clone().oneshot(number).await.unwrap(), number + 1);
        }
        assert_eq!(bulkhead.free(), 64, "round {round}");
        assert_eq!(
            (semaphore.free(), semaphore.waiting()),
            (32, 0),
            "round {round}"
        );
        assert_eq!(gateway.now.load(SeqCst), 0);
    }
    assert!(failed_for_good > 0);
    gateway.kill().await;
}

/// Twenty clients for some time; each gives up a tenth of its calls. Answers and failures.
async fn load<S>(service: &S, seed: u64, length: Duration) -> (u32, u32)
where
    S: Service<u32, Response = u32> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    let until = tokio::time::Instant::now() + length;
    let mut clients = JoinSet::new();
    for client in 0..20 {
        let mut service = service.clone();
        let mut random = SplitMix64::new(seed * 1_000 + client);
        clients.spawn(async move {
            let (mut answers, mut failures) = (0, 0);
            while tokio::time::Instant::now() < until {
                let Ok(ready) = service.ready().await else {
                    panic!("the stack is never not ready");
                };
                let number = u32::try_from(random.below(1_000)).unwrap();
                let call = ready.call(number);
                let patience = match random.below(10) {
                    0 => millis(random.below(200)),
                    _ => secs(60),
                };
                match tokio::time::timeout(patience, call).await {
                    Ok(Ok(answer)) => {
                        assert_eq!(answer, number + 1);
                        answers += 1;
                    }
                    Ok(Err(_)) => {
                        failures += 1;
                        tokio::time::sleep(millis(20 + random.below(50))).await;
                    }
                    Err(_gave_up) => {}
                }
            }
            (answers, failures)
        });
    }
    let counts = clients.join_all().await;
    counts
        .iter()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
}

#[derive(Debug)]
struct Down;

impl Classify for Down {
    fn kind(&self) -> Kind {
        Kind::TimedOut
    }
}

#[tokio::test]
async fn r11_seventy_two_hours_of_outages_on_a_clock_moved_by_hand() {
    let clock = Arc::new(ManualClock::new());
    let mut random = SplitMix64::new(72);
    let is_up = Arc::new(AtomicBool::new(true));
    let asked_while_down = Arc::new(Mutex::new(0_u32));
    let device = {
        let (is_up, asked) = (Arc::clone(&is_up), Arc::clone(&asked_while_down));
        service_fn(move |(): ()| {
            let up = is_up.load(SeqCst);
            *asked.lock().unwrap() += u32::from(!up);
            core::future::ready(if up { Ok(()) } else { Err(Down) })
        })
    };
    let layer = BreakerLayer::new(
        Breaker::consecutive(3)
            .open_for(secs(30))
            .ramp(secs(20), 0.2),
    )
    .unwrap()
    .clock(SharedClock(Arc::clone(&clock)));
    let breaker = Arc::clone(layer.breaker());
    let mut service = layer.layer(device);

    let mut changes_at = Instant::from_secs(600);
    let (mut down_seconds, mut outages, mut up_since) = (0_u32, 0_u32, Instant::ZERO);
    while clock.now() < Instant::ZERO + hours(72) {
        let now = clock.now();
        if now >= changes_at {
            let up = !is_up.load(SeqCst);
            is_up.store(up, SeqCst);
            up_since = now;
            outages += u32::from(!up);
            let mean = if up { 3_600 } else { 300 };
            changes_at = now + secs(1 + random.below(2 * mean));
        }
        let mut call = tokio_test::task::spawn(service.ready().await.ok().unwrap().call(()));
        match random.below(20) {
            0 => drop(call), // the caller gives up before it is polled
            _ => {
                let answered = matches!(call.poll(), core::task::Poll::Ready(Ok(())));
                let recovered = now.saturating_since(up_since) > secs(30 + 20 + 5);
                // A trial that is given up is no success: the next call is one.
                assert!(answered || !is_up.load(SeqCst) || !recovered, "{now:?}");
            }
        }
        down_seconds += u32::from(!is_up.load(SeqCst));
        clock.advance(secs(1));
    }
    let asked = *asked_while_down.lock().unwrap();
    assert!(outages > 20, "{outages}");
    // Three failures and what was dropped between them, then one trial in 30 s instead of a call each second.
    assert!(
        asked <= outages * 5 + down_seconds / 25,
        "{asked} of {down_seconds}"
    );
    assert!(breaker.stats().opened() >= outages / 2);
}
