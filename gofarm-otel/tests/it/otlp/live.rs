//! The receiver is there, and of every temper.

use core::time::Duration;
use std::time::Instant;

use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::clock::Clock;
use gofarm_otel::export::{Exporter, Reason};
use gofarm_otel::otlp::Worker;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use prost::Message as _;

use super::receiver::{BOTH, Receiver};
use super::{QUICK, Running};
use crate::spans;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_arrives_once() {
    let Some(receiver) = Receiver::start() else {
        return;
    };
    for (at, by) in (0..).zip(BOTH) {
        let first = at * 10_000;
        let running = Running::start(receiver.config(*by), None);
        for batch in 0..20 {
            running.send(spans::batch(first + batch * 100, 100)).await;
        }
        let tally = running.end().await;
        assert_eq!(
            (tally.exported().total(), tally.dropped().total()),
            (2_000, 0),
            "{by:?}"
        );
        let arrived = receiver.arrived();
        assert!(
            (first..first + 2_000).all(|number| arrived.0.get(&number) == Some(&1)),
            "{by:?}"
        );
    }
}

#[tokio::test]
async fn a_worker_on_its_own_thread_sends_while_others_are_stuck() {
    let Some(receiver) = Receiver::start() else {
        return;
    };
    let exporter = Exporter::new(QUICK, 7);
    let client = receiver.config(BOTH[0]).client().unwrap();
    let (handle, worker) = Worker::new(exporter, client, Clock::system());
    let thread = worker.spawn_thread(()).unwrap();
    assert!(handle.try_send(spans::batch(0, 10)));
    // This runtime has one thread, and that is not given back until all has arrived.
    let deadline = Instant::now() + Duration::from_secs(30);
    while receiver.arrived().distinct() < 10 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    let tally = handle.shutdown(Duration::from_secs(5)).await.unwrap();
    assert_eq!(tally.exported().total(), 10);
    assert_eq!(handle.tally().await, None, "it has ended");
    assert!(!handle.try_send(spans::batch(0, 10)));
    thread.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_and_logs_have_their_own_services() {
    let Some(receiver) = Receiver::start() else {
        return;
    };
    let metrics = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![Metric {
                    name: "flow".into(),
                    ..Metric::default()
                }],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let logs = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs {
                log_records: vec![LogRecord {
                    severity_number: 9,
                    ..LogRecord::default()
                }],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    };
    for by in BOTH {
        let running = Running::start(receiver.config(*by), None);
        let bodies = [
            (Kind::Metrics, metrics.encode_to_vec()),
            (Kind::Logs, logs.encode_to_vec()),
        ];
        for (kind, body) in bodies {
            running
                .send(Batch {
                    kind,
                    items: 1,
                    body,
                })
                .await;
        }
        // What is not in the definitions, the receiver refuses: so it has looked.
        running
            .send(Batch {
                kind: Kind::Logs,
                items: 1,
                body: vec![0x7a, 1, 7],
            })
            .await;
        let tally = running.end().await;
        assert_eq!(tally.exported().of(Kind::Metrics), 1, "{by:?}");
        assert_eq!(tally.exported().of(Kind::Logs), 1, "{by:?}");
        assert_eq!(
            tally.dropped_for(Reason::Refused).of(Kind::Logs),
            1,
            "{by:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_overloaded_gets_everything_later() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    for (at, by) in (0..).zip(BOTH) {
        for (mode, again) in [
            (["status 503", "status 14"], 0),
            (["retry 1", "retry 1"], 1),
        ] {
            let first = at * 10_000 + again * 5_000;
            receiver.mode(mode[usize::try_from(at).unwrap()]);
            let running = Running::start(receiver.config(*by), None);
            for batch in 0..5 {
                running.send(spans::batch(first + batch * 10, 10)).await;
            }
            let tally = running
                .handle
                .flush(Duration::from_millis(400))
                .await
                .unwrap();
            assert_eq!(tally.held().total(), 50, "{by:?} {mode:?}");
            receiver.mode("ok");
            let tally = running.end().await;
            assert_eq!(tally.exported().total(), 50, "{by:?} {mode:?}");
            let arrived = receiver.arrived();
            assert!((first..first + 50).all(|number| arrived.0.get(&number) == Some(&1)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_receiver_takes_in_part_is_not_sent_again() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    receiver.mode("partial 3");
    for (at, by) in (0..).zip(BOTH) {
        let first = at * 10_000;
        let running = Running::start(receiver.config(*by), None);
        for batch in 0..5 {
            running.send(spans::batch(first + batch * 10, 10)).await;
        }
        let tally = running.end().await;
        let rejected = tally.dropped_for(Reason::Rejected).total();
        assert_eq!((tally.exported().total(), rejected), (35, 15), "{by:?}");
        let arrived = receiver.arrived();
        for number in first..first + 50 {
            assert_eq!(
                arrived.0.contains_key(&number),
                number % 10 >= 3,
                "{by:?} {number}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_receiver_refuses_is_dropped_and_the_rest_goes_on() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    for (at, by) in (0..).zip(BOTH) {
        // Resource exhausted without a time to wait is for good.
        receiver.mode(["status 400", "status 8"][usize::try_from(at).unwrap()]);
        let running = Running::start(receiver.config(*by), None);
        running.send(spans::batch(at * 10_000, 10)).await;
        running
            .until(|tally| tally.dropped_for(Reason::Refused).total() == 10)
            .await;
        receiver.mode("ok");
        running.send(spans::batch(at * 10_000 + 10, 10)).await;
        let tally = running.end().await;
        assert_eq!(tally.exported().total(), 10, "{by:?}");
    }
    assert_eq!(receiver.arrived().distinct(), 10 * BOTH.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_for_a_receiver_arrives_in_pieces() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    receiver.mode("large 2000");
    for (at, by) in (0..).zip(BOTH) {
        let first = at * 10_000;
        let running = Running::start(receiver.config(*by), None);
        running.send(spans::batch(first, 500)).await;
        let tally = running.end().await;
        assert_eq!(tally.exported().total(), 500, "{by:?}");
        let arrived = receiver.arrived();
        assert!((first..first + 500).all(|number| arrived.0.get(&number) == Some(&1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_after_each_answer_costs_no_try() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    receiver.mode("close");
    let running = Running::start(receiver.config(BOTH[0]), None);
    for batch in 0..10 {
        running.send(spans::batch(batch * 10, 10)).await;
        running
            .until(|tally| tally.exported().total() == (batch + 1) * 10)
            .await;
    }
    running.end().await;
    assert!(receiver.arrived().0.values().all(|times| *times == 1));
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_a_server_is_trusted_by_its_certificate_alone() {
    use gofarm_otel::otlp::Tls;

    use super::receiver::data;

    let Some(receiver) = Receiver::start_tls() else {
        return;
    };
    let ca = data("ca.pem");
    let trusted = Tls::trusting_file(ca.to_str().unwrap()).unwrap();
    for (at, by) in (0..).zip(BOTH) {
        let config = receiver.config(*by).with_tls(trusted.clone());
        let running = Running::start(config, None);
        running.send(spans::batch(at * 100, 10)).await;
        assert_eq!(running.end().await.exported().total(), 10, "{by:?}");

        let other = std::fs::read(data("server.pem")).unwrap();
        let config = receiver
            .config(*by)
            .with_tls(Tls::trusting_pem(&other).unwrap());
        let running = Running::start(config, None);
        running.send(spans::batch(at * 100 + 50, 10)).await;
        let tally = running
            .handle
            .flush(Duration::from_millis(500))
            .await
            .unwrap();
        assert_eq!(tally.held().total(), 10, "{by:?}");
        running.handle.shutdown(Duration::ZERO).await.unwrap();
    }
    assert_eq!(receiver.arrived().distinct(), 10 * BOTH.len() as u64);
}
