//! A real Prometheus server scrapes the endpoint, and finds the trace behind a slow request.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use gofarm_core::observe::{Instrument, Label, Observer as _};
use gofarm_core::time::secs;
use gofarm_core::trace_context::TraceContext;
use gofarm_otel::telemetry::Telemetry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

static DELAY: Instrument = Instrument::histogram("farm.valve.delay", "s", "From command to water");

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A Prometheus server with one target.
struct Prometheus {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl Prometheus {
    /// `None` where the program is not installed, and no test says it has to be.
    fn start(target: &str) -> Option<Self> {
        let is_there = Command::new("prometheus")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if is_there.is_err() {
            assert!(
                std::env::var_os("CI").is_none(),
                "prometheus is not installed"
            );
            return None;
        }
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prometheus");
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let config = directory.join("prometheus.yml");
        let text = format!(
            "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: farm\n    static_configs: [{{ targets: ['{target}'] }}]\n"
        );
        std::fs::write(&config, text).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--enable-feature=exemplar-storage")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            process,
            port,
            directory,
        })
    }

    /// Asks until the answer holds `wanted`, for a minute at most.
    async fn until(&self, path: &str, wanted: &str) -> String {
        let mut answer = String::new();
        let mut rest = tokio::time::interval(core::time::Duration::from_millis(100));
        for _ in 0..600 {
            rest.tick().await;
            answer = self.get(path).await.unwrap_or_default();
            if answer.contains(wanted) {
                return answer;
            }
        }
        panic!("{path} did not say {wanted} within a minute: {answer}");
    }

    async fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test]
async fn a_real_server_scrapes_and_an_exemplar_leads_to_the_trace() {
    let telemetry = Telemetry::builder("gateway")
        .prometheus("127.0.0.1:0")
        .start()
        .unwrap();
    let target = telemetry.prometheus_addr().unwrap().to_string();
    let Some(server) = Prometheus::start(&target) else {
        return;
    };
    let observer = telemetry.observer();
    let trace: TraceContext = TRACE.parse().unwrap();
    let labels = [Label::text("valve", "north")];
    observer.observe(&DELAY.measure(0.42).labelled(&labels).within(trace));

    server
        .until(
            "/api/v1/query?query=farm_valve_delay_seconds_count",
            "\"valve\":\"north\"",
        )
        .await;
    let exemplars =
        "/api/v1/query_exemplars?query=farm_valve_delay_seconds_bucket&start=0&end=9999999999";
    let answer = server
        .until(exemplars, "0af7651916cd43dd8448eb211c80319c")
        .await;
    assert!(
        answer.contains("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\""),
        "{answer}"
    );
    assert!(answer.contains("\"value\":\"0.42\""), "{answer}");
    server
        .until("/api/v1/query?query=target_info", "gateway")
        .await;
    server
        .until(
            "/api/v1/query?query=process_cpu_time_seconds_total",
            "\"cpu_mode\":\"user\"",
        )
        .await;
    drop(server);
    telemetry.shutdown(secs(1)).await;
}
