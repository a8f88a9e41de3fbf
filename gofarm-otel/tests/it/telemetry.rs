//! Everything in one call, against a receiver and a scraper on loopback.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Mutex;

use gofarm_core::error::Classify as _;
use gofarm_core::observe::{Instrument, Label, Observer as _};
use gofarm_core::time::secs;
use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::sampler::{Percent, Sampler};
use gofarm_otel::telemetry::{StartError, Telemetry, mebibytes};
use opentelemetry::logs::{LogRecord as _, Logger as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::received;

static LITRES: Instrument =
    Instrument::counter("farm.water.used", "L", "Water through the main valve");

/// A receiver of OTLP over HTTP that keeps what it gets.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<Batch>>>);

impl Receiver {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receiver.clone().serve(stream));
            }
        });
        format!("http://{address}")
    }

    async fn serve(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (head, len) = head(&mut stream).await?;
            let kind = match head.split(' ').nth(1)? {
                "/v1/traces" => Kind::Traces,
                "/v1/metrics" => Kind::Metrics,
                "/v1/logs" => Kind::Logs,
                _ => return None,
            };
            let mut body = vec![0; len];
            stream.read_exact(&mut body).await.ok()?;
            let items = 1;
            self.0.lock().unwrap().push(Batch { kind, items, body });
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }

    fn take(&self, kind: Kind) -> Vec<Batch> {
        let mut all = self.0.lock().unwrap();
        all.extract_if(.., |batch| batch.kind == kind).collect()
    }
}

/// The first line of a message and the length of its body.
async fn head(stream: &mut BufReader<TcpStream>) -> Option<(String, usize)> {
    let (mut head, mut len) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            len = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            return Some((head, len));
        }
        if head.is_empty() {
            head = line;
        }
    }
}

async fn get(address: core::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn directory(name: &str) -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[tokio::test]
async fn traces_metrics_and_logs_arrive_with_the_resource_and_the_traces_ids() {
    let receiver = Receiver::default();
    let telemetry = Telemetry::builder("irrigation-gateway")
        .device("gw-7")
        .zone("north")
        .otlp(&receiver.start().await)
        .start()
        .unwrap();
    telemetry
        .observer()
        .observe(&LITRES.count(120).labelled(&[Label::text("zone", "north")]));
    telemetry
        .meters()
        .meter("app")
        .u64_counter("app.ticks")
        .build()
        .add(3, &[]);
    let logger = telemetry.loggers().logger("app");
    let tracer = telemetry.tracers().tracer("app");
    tracer.in_span("plan a day", |_| {
        let mut record = logger.create_log_record();
        record.set_body("it rains".into());
        logger.emit(record);
    });
    let tally = telemetry.flush(secs(10)).await;
    assert_eq!((tally.held().total(), tally.dropped().total()), (0, 0));

    let traces = receiver.take(Kind::Traces);
    assert_eq!(traces.len(), 1);
    let spans = received::traces(&traces[0]);
    let resource = spans.resource.as_ref().unwrap();
    for (key, wanted) in [
        ("service.name", "irrigation-gateway"),
        ("device.id", "gw-7"),
    ] {
        let found = received::value(&resource.attributes, key);
        assert_eq!(found, received::text(wanted), "{key}");
    }
    let span = &spans.scope_spans[0].spans[0];
    assert_eq!(span.name, "plan a day");

    let logs = receiver.take(Kind::Logs);
    let logs = ExportLogsServiceRequest::decode(&*logs[0].body).unwrap();
    let record = &logs.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(
        (&record.trace_id, &record.span_id),
        (&span.trace_id, &span.span_id)
    );

    let metrics = receiver.take(Kind::Metrics);
    let metrics = ExportMetricsServiceRequest::decode(&*metrics[0].body).unwrap();
    let scopes = metrics
        .resource_metrics
        .iter()
        .flat_map(|r| &r.scope_metrics);
    let names: Vec<_> = scopes.flat_map(|s| &s.metrics).map(|m| &*m.name).collect();
    for name in ["farm.water.used", "app.ticks", "gofarm.otel.exported"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    telemetry.shutdown(secs(10)).await;
}

#[tokio::test]
async fn what_a_receiver_that_is_away_did_not_get_comes_after_a_restart() {
    let spool = directory("spool-restart");
    let telemetry = Telemetry::builder("gateway")
        .otlp("http://127.0.0.1:9")
        .spool(&spool, mebibytes(4))
        .start()
        .unwrap();
    let tracer = telemetry.tracers().tracer("app");
    for _ in 0..100 {
        tracer.in_span("while nobody listens", |_| ());
    }
    let tally = telemetry
        .shutdown(core::time::Duration::from_millis(100))
        .await;
    assert_eq!(tally.dropped().total(), 0);
    assert!(tally.held().total() >= 100, "{tally:?}");

    let receiver = Receiver::default();
    let telemetry = Telemetry::builder("gateway")
        .otlp(&receiver.start().await)
        .spool(&spool, mebibytes(4))
        .start()
        .unwrap();
    let mut spans = 0;
    let mut left = 100;
    while spans < 100 && left > 0 {
        telemetry.flush(secs(10)).await;
        let batches = receiver.take(Kind::Traces);
        let resources = batches.iter().map(received::traces);
        spans += resources
            .flat_map(|r| r.scope_spans)
            .map(|s| s.spans.len())
            .sum::<usize>();
        left -= 1;
        tokio::task::yield_now().await;
    }
    assert_eq!(spans, 100);
    telemetry.shutdown(secs(10)).await;
}

#[tokio::test]
async fn prometheus_finds_text_or_openmetrics_and_nothing_else() {
    let telemetry = Telemetry::builder("gateway")
        .prometheus("127.0.0.1:0")
        .start()
        .unwrap();
    telemetry.registry().counter(&LITRES, &[]).add(120);
    let address = telemetry.prometheus_addr().unwrap();
    let page = get(address, "GET /metrics HTTP/1.1").await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("text/plain; version=0.0.4"), "{page}");
    assert!(
        page.contains("\nfarm_water_used_liters_total 120\n"),
        "{page}"
    );
    assert!(page.contains("\ntarget_info{"), "{page}");

    let accept = "GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0";
    let page = get(address, accept).await;
    assert!(
        page.contains("application/openmetrics-text; version=1.0.0"),
        "{page}"
    );
    assert!(page.ends_with("# EOF\n"), "{page}");

    assert!(
        get(address, "GET / HTTP/1.1")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
    let refused = get(address, "DELETE /metrics HTTP/1.1").await;
    assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("allow: GET, HEAD"));
    assert_eq!(
        get(address, "nonsense").await.lines().next(),
        Some("HTTP/1.1 400 Bad Request")
    );
    telemetry.shutdown(secs(1)).await;
    for _ in 0..1_000 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the endpoint still listens after the end");
}

#[tokio::test]
async fn memory_holds_no_more_than_it_may_and_what_is_above_is_counted() {
    let telemetry = Telemetry::builder("gateway")
        .otlp("http://127.0.0.1:9")
        .memory(64 << 10)
        .start()
        .unwrap();
    let tracer = telemetry.tracers().tracer("app");
    let mut tally = telemetry.flush(secs(1)).await;
    for _ in 0..20 {
        for _ in 0..500 {
            tracer.in_span("while nobody listens", |_| ());
        }
        tally = telemetry.flush(core::time::Duration::ZERO).await;
    }
    assert!(tally.dropped().total() > 5_000, "{tally:?}");
    // A span takes more than 60 bytes.
    assert!(tally.held().total() < (64 << 10) / 60, "{tally:?}");
    telemetry.shutdown(core::time::Duration::ZERO).await;
}

/// How often the meters were read in 630 s of simulated time.
async fn readings(builder: gofarm_otel::telemetry::Builder) -> u32 {
    static READ: Instrument = Instrument::counter("test.read", "{reading}", "Readings");
    let telemetry = builder.otlp("http://127.0.0.1:9").start().unwrap();
    let count = Arc::new(AtomicU32::new(0));
    telemetry.registry().observable(&READ, {
        let count = Arc::clone(&count);
        move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    tokio::time::sleep(secs(630)).await;
    count.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn metrics_are_sent_in_the_interval_that_was_said() {
    let usual = readings(Telemetry::builder("g")).await;
    assert!((9..=10).contains(&usual), "{usual}");
    for (seconds, most) in [(1, 630), (10, 63), (200, 3), (86_400, 0)] {
        let builder = Telemetry::builder("g").metrics_interval(secs(seconds));
        let count = readings(builder).await;
        assert!(
            (most - most / 10..=most).contains(&count),
            "{seconds} s: {count}"
        );
    }
}

#[tokio::test]
async fn an_interval_that_nobody_means_is_refused() {
    let (least, most) = (secs(1), secs(86_400));
    let tick = core::time::Duration::from_nanos(1);
    for interval in [core::time::Duration::ZERO, least - tick, most + tick] {
        let builder = Telemetry::builder("g").metrics_interval(interval);
        let error = builder.start().unwrap_err();
        assert!(matches!(error, StartError::MetricsInterval(said) if said == interval));
        assert_eq!(error.kind(), gofarm_core::error::Kind::Invalid);
    }
    for interval in [least, most] {
        let builder = Telemetry::builder("g").metrics_interval(interval);
        builder.start().unwrap().shutdown(secs(1)).await;
    }
}

/// The figure that the guide *sizing* gives for what is sent beside the metrics of an application.
#[tokio::test]
async fn telemetry_alone_sends_less_than_five_kilobytes_of_metrics_each_time() {
    let receiver = Receiver::default();
    let telemetry = Telemetry::builder("irrigation-gateway")
        .device("gw-7")
        .zone("north")
        .otlp(&receiver.start().await)
        .start()
        .unwrap();
    telemetry.flush(secs(10)).await;
    let metrics = receiver.take(Kind::Metrics);
    let bytes: usize = metrics.iter().map(|batch| batch.body.len()).sum();
    assert!((2_000..5_000).contains(&bytes), "{bytes}");
    telemetry.shutdown(secs(10)).await;
}

#[tokio::test]
async fn telemetry_runs_with_nobody_to_send_to() {
    let telemetry = Telemetry::builder("gateway")
        .sampler(Sampler::ratio(100.percent()))
        .start()
        .unwrap();
    let tracer = telemetry.tracers().tracer("app");
    tracer.in_span("unheard", |context| {
        assert!(!context.span().is_recording());
    });
    telemetry.observer().observe(&LITRES.count(1));
    assert_eq!(telemetry.prometheus_addr(), None);
    let tally = telemetry.shutdown(secs(1)).await;
    assert_eq!(tally.created().total(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_nothing_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = directory("no-spool");
    std::fs::write(&file, "a file").unwrap();
    let cases = [
        (
            Telemetry::builder("g").otlp("collector:4318"),
            "the receiver of OTLP is not usable",
        ),
        (
            Telemetry::builder("g")
                .otlp("http://127.0.0.1:9")
                .spool(&file, mebibytes(1)),
            "the spool at ",
        ),
        (
            Telemetry::builder("g").spool("telemetry", mebibytes(1)),
            "a spool needs a receiver",
        ),
        (
            Telemetry::builder("g").prometheus(&address),
            "the endpoint for Prometheus cannot listen at 127.0.0.1:",
        ),
        (Telemetry::builder("g").device("gw/7"), "device id: "),
    ];
    for (builder, message) in cases {
        let error = builder.start().unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn without_a_runtime_it_says_so() {
    let error = Telemetry::builder("g").start().unwrap_err();
    assert!(matches!(error, StartError::NoRuntime));
}
