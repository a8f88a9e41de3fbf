//! What a whole set-up adds to a process: memory at rest and at 10 000 spans a second, CPU time of 100 000 spans, with the
//! receiver there and away. Each in a process of its own, which is told by an argument what to be.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanKind, Tracer, TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message as _;

use super::{ROUTE, gofarm, spans};
use crate::figures::Figures;

/// The argument of a process that is measured: `otel-child:ENGINE:ENDPOINT`.
pub const CHILD: &str = "otel-child:";

const SPANS: u32 = 100_000;
const TICKS: u32 = 1_000;
const SDK: &str = "opentelemetry SDK and OTLP exporter, as they come";
const NOTHING: &str = "nothing";

/// What a child says on its last line.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Found {
    idle: Memory,
    busy: Memory,
    cpu_ms: u64,
}

/// In KiB.
#[derive(Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
struct Memory {
    /// All that is in memory, with pages of the program's file.
    resident: u64,
    /// Heap and stacks.
    anonymous: u64,
}

pub fn measure(figures: &mut Figures) {
    let received = Arc::new(AtomicU64::new(0));
    let up = receiver(Arc::clone(&received)).expect("a port on loopback");
    let down = "127.0.0.1:9".to_owned(); // discard: nobody listens there
    let nothing = child(NOTHING, &down);
    for (link, address) in [("receiver there", &up), ("receiver away", &down)] {
        for engine in [gofarm::ENGINE, SDK] {
            received.store(0, Ordering::Relaxed);
            let found = child(engine, address);
            let case = |what: &str| format!("{link}: a process {what}");
            #[expect(clippy::cast_precision_loss, reason = "kibibytes and milliseconds")]
            let over = |with: u64, without: u64| (with as f64) - (without as f64);
            for (when, with, without) in [
                ("at rest", found.idle, nothing.idle),
                ("at 10 000 spans/s", found.busy, nothing.busy),
            ] {
                let kib = over(with.anonymous, without.anonymous);
                let what = format!("{when}: heap and stacks added");
                figures.note(&case(&what), engine, "KiB", kib);
                let kib = over(with.resident, without.resident);
                let what = format!("{when}: memory added, with the program's code");
                figures.note(&case(&what), engine, "KiB", kib);
            }
            let cpu = over(found.cpu_ms, nothing.cpu_ms);
            figures.note(
                &case("with 100 000 spans: CPU time added"),
                engine,
                "ms",
                cpu,
            );
            if address == &up {
                #[expect(clippy::cast_precision_loss, reason = "a hundred thousand")]
                let spans = received.load(Ordering::Relaxed) as f64;
                figures.note(
                    &case("with 100 000 spans: received"),
                    engine,
                    "spans",
                    spans,
                );
            }
        }
    }
}

fn child(engine: &str, address: &str) -> Found {
    let program = std::env::current_exe().expect("a program");
    let output = Command::new(program)
        .arg(format!("{CHILD}{engine}:http://{address}"))
        .stderr(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{engine}: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{engine}: {error}: {text}"))
}

/// Is the process that is measured.
pub fn run_child(what: &str) -> Option<()> {
    let (engine, endpoint) = what.split_once(':')?;
    let found = match engine {
        NOTHING => run(|| (), |()| {}, |()| {}),
        SDK => run(
            || sdk(endpoint),
            |(_, tracer)| span(tracer),
            |(provider, _)| {
                let _ = provider.shutdown();
            },
        ),
        gofarm::ENGINE => gofarm::process(endpoint),
        _ => return None,
    };
    println!("{}", serde_json::to_string(&found).ok()?);
    Some(())
}

fn sdk(endpoint: &str) -> (SdkTracerProvider, opentelemetry_sdk::trace::Tracer) {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()
        .expect("an exporter");
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    let tracer = provider.tracer("compare");
    (provider, tracer)
}

/// One span by the API that both implement.
pub fn span(tracer: &impl Tracer) {
    let builder = tracer.span_builder(spans::NAME);
    let mut span = builder.with_kind(SpanKind::Server).start(tracer);
    span.set_attribute(KeyValue::new("http.request.method", "GET"));
    span.set_attribute(KeyValue::new("http.route", ROUTE));
    span.set_attribute(KeyValue::new("url.scheme", "http"));
    span.set_attribute(KeyValue::new("http.response.status_code", 200_i64));
    span.end();
}

/// Starts, rests for three seconds, works for ten, and ends.
pub fn run<T>(start: impl FnOnce() -> T, work: impl Fn(&T), end: impl FnOnce(T)) -> Found {
    let set_up = start();
    std::thread::sleep(Duration::from_secs(3));
    let idle = Memory::now();
    let cpu = ProcessTime::now();
    let began = Instant::now();
    let mut busy = Memory::default();
    for tick in 1..=TICKS {
        for _ in 0..SPANS / TICKS {
            work(&set_up);
        }
        if tick % 100 == 0 {
            busy = busy.most(Memory::now());
        }
        let due = began + Duration::from_millis(10) * tick;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    end(set_up);
    let cpu_ms = u64::try_from(cpu.elapsed().as_millis()).unwrap_or(u64::MAX);
    Found { idle, busy, cpu_ms }
}

impl Memory {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let kib = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_ascii_whitespace().next());
            number.and_then(|text| text.parse().ok()).expect("a size")
        };
        Self {
            resident: kib("VmRSS:"),
            anonymous: kib("RssAnon:"),
        }
    }

    fn most(self, other: Self) -> Self {
        Self {
            resident: self.resident.max(other.resident),
            anonymous: self.anonymous.max(other.anonymous),
        }
    }
}

/// A receiver of OTLP over HTTP that counts spans by the official definitions; returns its address.
fn receiver(received: Arc<AtomicU64>) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let received = Arc::clone(&received);
            std::thread::spawn(move || serve(&stream, &received));
        }
    });
    Ok(address)
}

fn serve(stream: &TcpStream, received: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut len, mut is_traces) = (0, false);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                len = value.trim().parse().ok()?;
            }
            is_traces |= line.starts_with("post /v1/traces ");
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; len];
        reader.read_exact(&mut body).ok()?;
        if is_traces && let Ok(request) = ExportTraceServiceRequest::decode(body.as_slice()) {
            let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
            let spans: usize = scopes.map(|scope| scope.spans.len()).sum();
            received.fetch_add(spans as u64, Ordering::Relaxed);
        }
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        (&mut &*stream).write_all(answer).ok()?;
    }
}
