//! Health told over HTTP and gRPC, whatever hangs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

use gofarm_core::time::{Clock, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::health_service::Health;
use gofarm_resilience::layer::RuntimeClock;
use gofarm_resilience::memory::Shared;
use gofarm_resilience::policy::health::{HealthConfig, Registry};
use http::{Method, Request, StatusCode};
use tokio::time::Instant;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt;

use crate::told::Told;

fn registry() -> Arc<Registry<Shared>> {
    let registry = Registry::builder()
        .component("modbus", HealthConfig::required().down_after(2))
        .component("weather", HealthConfig::optional().down_after(1))
        .build_shared();
    Arc::new(registry.unwrap())
}

fn record(registry: &Registry<Shared>, component: &str, outcome: Outcome) {
    registry.get(component).unwrap().record(outcome);
}

async fn get(health: &Health, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(()).unwrap();
    let (parts, body) = health.http().oneshot(request).await.unwrap().into_parts();
    assert_eq!(parts.headers["cache-control"], "no-store");
    (parts.status, body.as_str().to_owned())
}

async fn check(health: &Health, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(health.grpc()).check(request).await;
    answer
        .map(|answer| answer.into_inner().status())
        .map_err(|status| status.code())
}

#[tokio::test(start_paused = true)]
async fn ready_is_200_or_503_over_all_that_is_required() {
    let registry = registry();
    let health = Health::new(Arc::clone(&registry));
    let (no, yes) = (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK);
    assert_eq!(get(&health, "/readyz").await, (no, "not ready\n".into()));
    record(&registry, "modbus", Outcome::Success);
    record(&registry, "weather", Outcome::Failure);
    assert_eq!(get(&health, "/readyz").await, (yes, "ready\n".into()));
    assert_eq!(
        get(&health, "/readyz?a=b&verbose").await,
        (yes, "[+] modbus up\n[-] weather down\nready\n".into())
    );
    record(&registry, "modbus", Outcome::Failure);
    record(&registry, "modbus", Outcome::Failure);
    assert_eq!(get(&health, "/readyz").await.0, no);
    assert_eq!(get(&health, "/livez").await, (yes, "live\n".into()));
    assert_eq!(get(&health, "/health").await.0, StatusCode::NOT_FOUND);

    for (method, status) in [
        (Method::HEAD, no),
        (Method::POST, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = Request::builder().method(method).uri("/readyz");
        let answer = health.http().oneshot(request.body(()).unwrap()).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status(), answer.body().as_str()), (status, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn live_asks_for_heartbeats_and_runs_no_check() {
    let registry = Registry::builder()
        .component("control", HealthConfig::required().stuck_after(secs(10)))
        .build_shared()
        .unwrap();
    let registry = Arc::new(registry);
    let health = Health::new(Arc::clone(&registry))
        .check("control", || async { panic!("a check for /livez") })
        .unwrap();
    registry
        .get("control")
        .unwrap()
        .heartbeat(RuntimeClock.now());
    tokio::time::advance(secs(10)).await;
    assert_eq!(get(&health, "/livez").await.0, StatusCode::OK);
    tokio::time::advance(millis(1)).await;
    assert_eq!(
        get(&health, "/livez?verbose").await,
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "[-] control stuck\nnot live\n".into()
        )
    );
    assert_eq!(
        check(&health, "control").await,
        Ok(ServingStatus::NotServing)
    );
}

#[tokio::test(start_paused = true)]
async fn changes_are_told_to_an_observer_when_a_probe_sees_them() {
    let registry = registry();
    let told = Arc::new(Told::default());
    let health = Health::new(Arc::clone(&registry)).observe(Arc::clone(&told));
    let change = |component: &str, to: &str| {
        format!("gofarm.resilience.health.changes component={component} to={to}")
    };
    let ready = "gofarm.resilience.health.ready".to_owned();
    assert_eq!(told.take(), [] as [&str; 0]);
    get(&health, "/readyz").await;
    let unknown = [
        change("modbus", "unknown"),
        change("weather", "unknown"),
        ready.clone(),
    ];
    assert_eq!(told.take(), unknown);
    record(&registry, "modbus", Outcome::Success);
    get(&health, "/livez").await;
    assert_eq!(told.take(), [] as [&str; 0]);
    // One who asks for a component learns nothing of the whole.
    check(&health, "modbus").await.unwrap();
    assert_eq!(told.take(), [change("modbus", "up")]);
    get(&health, "/readyz").await;
    assert_eq!(told.take(), core::slice::from_ref(&ready));
    get(&health, "/readyz").await;
    assert_eq!(told.take(), [] as [&str; 0]);
    record(&registry, "modbus", Outcome::Failure);
    record(&registry, "modbus", Outcome::Failure);
    get(&health, "/readyz").await;
    assert_eq!(told.take(), [change("modbus", "down"), ready]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_has_failed_and_delays_no_answer() {
    let registry = registry();
    record(&registry, "modbus", Outcome::Success);
    let health = Health::new(Arc::clone(&registry))
        .check("modbus", core::future::pending)
        .unwrap();
    for probe in 0..4 {
        let from = Instant::now();
        let is_ready = get(&health, "/readyz").await.0 == StatusCode::OK;
        // Two failed checks in a row are what makes this component down.
        assert_eq!(is_ready, probe == 0);
        assert!(from.elapsed() <= secs(2), "{:?}", from.elapsed());
        tokio::time::advance(secs(2)).await;
        let from = Instant::now();
        let answer = check(&health, "modbus").await;
        assert_eq!(answer, Ok(ServingStatus::NotServing));
        assert!(from.elapsed() <= millis(500), "{:?}", from.elapsed());
        tokio::time::advance(secs(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_blocks_its_thread_delays_no_answer() {
    let registry = registry();
    record(&registry, "modbus", Outcome::Success);
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let health = Health::new(registry)
        .check("modbus", move || {
            let blocked = Arc::clone(&blocked);
            async move {
                blocked.lock().unwrap().recv().ok();
                Outcome::Success
            }
        })
        .unwrap();
    let from = Instant::now();
    // A task of its own: the test's thread is not a worker.
    let probe = tokio::spawn({
        let health = health.clone();
        async move { get(&health, "/readyz?verbose").await }
    });
    let (status, text) = probe.await.unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.starts_with("[-] modbus down\n"), "{text}");
    assert!(from.elapsed() <= secs(2), "{:?}", from.elapsed());
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn many_probes_run_a_check_once() {
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    let health = Health::new(registry())
        .check("modbus", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(millis(100)).await;
                Outcome::Success
            }
        })
        .unwrap();
    for round in 1..=3 {
        let probes: Vec<_> = (0..50)
            .map(|_| {
                let health = health.clone();
                tokio::spawn(async move { get(&health, "/readyz").await.0 })
            })
            .collect();
        for probe in probes {
            assert_eq!(probe.await.unwrap(), StatusCode::OK);
        }
        assert_eq!(runs.load(Ordering::SeqCst), round);
        tokio::time::advance(secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_has_failed_and_is_run_again() {
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    let health = Health::new(registry())
        .check("modbus", move || {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(run > 1, "injected");
                Outcome::Success
            }
        })
        .unwrap();
    for is_ready in [false, false, true] {
        let status = get(&health, "/readyz").await.0;
        assert_eq!(status == StatusCode::OK, is_ready);
        tokio::time::advance(secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_component_is_not_found_and_never_serving() {
    let registry = registry();
    let health = Health::new(Arc::clone(&registry));
    assert!(
        Health::new(registry.clone())
            .check("valves", core::future::pending)
            .is_err()
    );
    assert_eq!(check(&health, "valves").await, Err(Code::NotFound));
    assert_eq!(check(&health, "modbus").await, Ok(ServingStatus::Unknown));
    assert_eq!(check(&health, "").await, Ok(ServingStatus::NotServing));
    record(&registry, "modbus", Outcome::Success);
    assert_eq!(check(&health, "valves").await, Err(Code::NotFound));
    assert_eq!(check(&health, "modbus").await, Ok(ServingStatus::Serving));
    assert_eq!(check(&health, "").await, Ok(ServingStatus::Serving));
    registry.get("modbus").unwrap().degrade();
    assert_eq!(check(&health, "modbus").await, Ok(ServingStatus::Serving));
}

#[tokio::test(start_paused = true)]
async fn a_watcher_is_told_of_each_change_once() {
    let registry = registry();
    let health = Health::new(Arc::clone(&registry));
    let mut client = HealthClient::new(health.grpc());
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let mut watching = client.watch(request("modbus")).await.unwrap().into_inner();
    let mut next = async || watching.message().await.unwrap().unwrap().status();
    assert_eq!(next().await, ServingStatus::Unknown);
    record(&registry, "modbus", Outcome::Success);
    assert_eq!(next().await, ServingStatus::Serving);
    tokio::time::advance(secs(60)).await;
    record(&registry, "modbus", Outcome::Failure);
    record(&registry, "modbus", Outcome::Failure);
    assert_eq!(next().await, ServingStatus::NotServing);

    // A name that nobody knows: said so, and the stream stays open.
    let mut unknown = client.watch(request("valves")).await.unwrap().into_inner();
    let first = unknown.message().await.unwrap().unwrap().status();
    assert_eq!(first, ServingStatus::ServiceUnknown);
    let second = tokio::time::timeout(secs(3_600), unknown.message()).await;
    assert!(second.is_err());
}
