//! R13: one gateway process that holds 10 000 device connections, with a breaker, a bulkhead and a deadline for each call.
//!
//! `cargo bench -p gofarm-resilience --bench connections [-- CONNECTIONS]`. The devices are a second process, started by
//! this one, so that each needs one file descriptor a connection: `ulimit -n 11000` is enough for 10 000. It prints
//! memory for each connection (resident memory of the gateway's process, without the kernel's buffers) and how
//! long calls take, network on loopback included.
#![expect(clippy::print_stdout, reason = "its output is its result")]

extern crate alloc;

use alloc::sync::Arc;
use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use gofarm_core::time::{Clock, secs};
use gofarm_resilience::context::{CallContext, Contextual};
use gofarm_resilience::deadline::Deadline;
use gofarm_resilience::layer::{BreakerLayer, BulkheadLayer, DeadlineLayer, RuntimeClock};
use gofarm_resilience::policy::breaker::Breaker;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

type Failure = Box<dyn core::error::Error + Send + Sync>;

const ROUNDS: usize = 10;
const WORKERS: usize = 64;

struct Read {
    device: usize,
    context: CallContext,
}

impl Contextual for Read {
    fn context(&self) -> Option<&CallContext> {
        Some(&self.context)
    }

    fn context_mut(&mut self) -> &mut CallContext {
        &mut self.context
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    match arguments.next().as_deref() {
        Some("devices") => block_on(devices()),
        Some(number) => gateway(number.parse()?),
        None => gateway(10_000),
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// Answers each request on each connection until its process is killed.
async fn devices() -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            while let Ok(register) = stream.read_u32().await {
                if stream.write_u32(register + 1).await.is_err() {
                    break;
                }
            }
        });
    }
}

fn gateway(connections: usize) -> Result<(), Failure> {
    let needed = connections + 100;
    match open_files() {
        Some(limit) if limit < needed => {
            println!("skipped: {connections} connections need ulimit -n {needed}, it is {limit}");
            return Ok(());
        }
        _ => {}
    }
    let mut devices = Command::new(std::env::current_exe()?)
        .arg("devices")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    if let Some(output) = devices.stdout.take() {
        BufReader::new(output).read_line(&mut port)?;
    }
    let result = port
        .trim()
        .parse()
        .map_err(Failure::from)
        .and_then(|port| block_on(measure(connections, port)));
    devices.kill()?;
    devices.wait()?;
    result
}

async fn measure(connections: usize, port: u16) -> Result<(), Failure> {
    let before = resident_bytes();
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        streams.push(Mutex::new(stream));
    }
    let connected = resident_bytes();
    let streams = Arc::new(streams);
    let breakers = Arc::new(Breaker::device().build_keyed_shared(connections)?);
    let client = service_fn(move |read: Read| {
        let streams = Arc::clone(&streams);
        async move {
            let mut stream = streams[read.device].lock().await;
            stream.write_u32(7).await?;
            stream.read_u32().await
        }
    });
    let stack = ServiceBuilder::new()
        .layer(BreakerLayer::<0>::keyed_in(
            |read: &Read| read.device,
            breakers,
        ))
        .layer(BulkheadLayer::keyed(|read: &Read| read.device, 1)?)
        .layer(DeadlineLayer::from_context())
        .service(client);

    let start = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..WORKERS {
        let mut stack = stack.clone();
        workers.spawn(async move {
            let mut times = Vec::with_capacity(ROUNDS * connections.div_ceil(WORKERS));
            let mut failures = 0_u32;
            for _ in 0..ROUNDS {
                for device in (worker..connections).step_by(WORKERS) {
                    let deadline = Deadline::after(RuntimeClock.now(), secs(5));
                    let context = CallContext::new().with_deadline(deadline);
                    let begun = Instant::now();
                    let Ok(ready) = stack.ready().await else {
                        failures += 1;
                        continue;
                    };
                    match ready.call(Read { device, context }).await {
                        Ok(_) => times.push(begun.elapsed()),
                        Err(_) => failures += 1,
                    }
                }
            }
            (times, failures)
        });
    }
    let (mut times, mut failures) = (Vec::new(), 0);
    for (part, failed) in workers.join_all().await {
        times.extend(part);
        failures += failed;
    }
    let elapsed = start.elapsed();
    times.sort_unstable();
    let at = |permille: usize| {
        let index = (times.len() * permille / 1_000).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    };
    let after = resident_bytes();
    println!("connections            {connections}");
    println!(
        "calls                  {} ({failures} failed) by {WORKERS} tasks in {elapsed:.2?}",
        times.len()
    );
    println!(
        "latency p50 p99 max    {:.1?} {:.1?} {:.1?}",
        at(500),
        at(990),
        at(1_000)
    );
    match (before, connected, after) {
        (Some(before), Some(connected), Some(after)) => {
            let each = |bytes: usize| bytes / connections.max(1);
            println!(
                "memory a connection    {} B",
                each(after.saturating_sub(before))
            );
            println!(
                "  of that the socket   {} B",
                each(connected.saturating_sub(before))
            );
        }
        _ => println!("memory a connection    unknown: no /proc on this system"),
    }
    println!(
        "calls per second       {:.0}",
        per_second(times.len(), elapsed)
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn per_second(calls: usize, elapsed: Duration) -> f64 {
    calls as f64 / elapsed.as_secs_f64()
}

/// The soft limit of open files, where `/proc` tells it.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    match line.split_whitespace().nth(3)? {
        "unlimited" => None,
        number => number.parse().ok(),
    }
}

/// The resident memory of this process, where `/proc` tells it.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1_024)
}
