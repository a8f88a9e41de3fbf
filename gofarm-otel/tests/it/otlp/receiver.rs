//! The receiver in Python, as a process.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use gofarm_otel::otlp::OtlpConfig;

use crate::spans::Arrived;

/// A Python that has the official definitions: that of `ci.sh`, or the one in the path.
fn python() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/python");
    for python in [tools, "python3".into()] {
        let tried = Command::new(&python)
            .args([
                "-c",
                "import grpc, opentelemetry.proto.collector.trace.v1.trace_service_pb2",
            ])
            .stderr(Stdio::null())
            .status();
        if tried.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    missing();
    None
}

/// Says that the receiver is not installed; in CI it must be.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
fn missing() {
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "opentelemetry-proto and grpcio are not installed");
    eprintln!("skipped: opentelemetry-proto and grpcio are not installed");
}

/// A file of `tests/data/otlp`.
pub(super) fn data(name: &str) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.join("tests/data/otlp").join(name)
}

/// Which of its two ports is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Http,
    #[cfg(feature = "grpc")]
    Grpc,
}

pub(super) const BOTH: &[By] = &[
    By::Http,
    #[cfg(feature = "grpc")]
    By::Grpc,
];

/// A receiver that can be stopped and started again at the same ports.
pub(super) struct Receiver {
    python: PathBuf,
    directory: PathBuf,
    ports: (u16, u16),
    is_tls: bool,
    process: Option<Process>,
}

struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Receiver {
    /// One that listens at any ports; none if it is not installed.
    pub(super) fn start() -> Option<Self> {
        Self::make(false)
    }

    /// One with a certificate of `ca.pem`.
    #[cfg(feature = "tls")]
    pub(super) fn start_tls() -> Option<Self> {
        Self::make(true)
    }

    fn make(is_tls: bool) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "gofarm-otel-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let directory = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let mut receiver = Self {
            python: python()?,
            directory,
            ports: (0, 0),
            is_tls,
            process: None,
        };
        receiver.again();
        Some(receiver)
    }

    /// Starts it, at the ports that it had.
    pub(super) fn again(&mut self) {
        let mut command = Command::new(&self.python);
        command
            .arg(data("receiver.py"))
            .arg(self.directory.join("seen"));
        command.args([self.ports.0.to_string(), self.ports.1.to_string()]);
        if self.is_tls {
            command.args([data("server.pem"), data("server.key")]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut process = Process {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        let line = process.line();
        let ports = line.strip_prefix("listening ").unwrap();
        let (http, grpc) = ports.split_once(' ').unwrap();
        self.ports = (http.parse().unwrap(), grpc.parse().unwrap());
        self.process = Some(process);
    }

    /// Sets what happens to the requests from now on.
    pub(super) fn mode(&mut self, mode: &str) {
        let process = self.process.as_mut().unwrap();
        writeln!(process.stdin, "{mode}").unwrap();
        assert_eq!(process.line(), format!("is {mode}"));
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.child.kill();
            process.child.wait().unwrap();
        }
    }

    /// Waits until it has ended by itself, for half a minute at most.
    pub(super) fn wait_for_end(&mut self) {
        let mut process = self.process.take().unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(process.child.wait()));
        let status = end.recv_timeout(Duration::from_secs(30));
        status.unwrap().unwrap();
    }

    pub(super) fn config(&self, by: By) -> OtlpConfig {
        let scheme = if self.is_tls { "https" } else { "http" };
        match by {
            By::Http => OtlpConfig::new(&format!("{scheme}://127.0.0.1:{}", self.ports.0)).unwrap(),
            #[cfg(feature = "grpc")]
            By::Grpc => OtlpConfig::new(&format!("{scheme}://127.0.0.1:{}", self.ports.1))
                .unwrap()
                .with_grpc(),
        }
    }

    /// Which spans it has taken, and how often each.
    pub(super) fn arrived(&self) -> Arrived {
        let mut arrived = Arrived::default();
        let seen = std::fs::read_to_string(self.directory.join("seen")).unwrap();
        for line in seen.lines() {
            let number = u64::from_str_radix(line, 16).unwrap();
            *arrived.0.entry(number).or_default() += 1;
        }
        arrived
    }

    /// A directory that goes with it.
    pub(super) fn directory(&self) -> PathBuf {
        self.directory.join("spool")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Process {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}
