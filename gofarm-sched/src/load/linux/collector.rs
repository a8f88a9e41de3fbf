//! [`Collector`]: samples of this machine.

use core::time::Duration;
use std::fs;
use std::io;
use std::path::PathBuf;

use gofarm_core::time::{Instant, millis};

use super::error::{CollectError, ProcFile};
use super::{CpuTimes, Memory, Pressure, interfaces};
use crate::load::Load;

/// What the network interfaces did between two samples, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    received: f64,
    sent: f64,
    errors: f64,
    dropped: f64,
}

impl Traffic {
    /// Bytes received per second.
    #[must_use]
    pub const fn received(&self) -> f64 {
        self.received
    }

    /// Bytes sent per second.
    #[must_use]
    pub const fn sent(&self) -> f64 {
        self.sent
    }

    /// Errors per second, in both directions.
    #[must_use]
    pub const fn errors(&self) -> f64 {
        self.errors
    }

    /// Packets dropped per second, in both directions.
    #[must_use]
    pub const fn dropped(&self) -> f64 {
        self.dropped
    }
}

/// Takes samples of this machine's load; each covers the time since the one before.
///
/// It has no clock and no thread: ask for a sample at [`Collector::poll_timeout`], which is 200 ms after the last attempt.
///
/// ```
/// use gofarm_core::time::{Clock, SystemClock, millis};
/// use gofarm_sched::load::linux::Collector;
///
/// let clock = SystemClock::new();
/// let mut collector = Collector::new();
/// let load = collector.sample(clock.now())?.network_p95(millis(12)); // from a probe of one's own
/// # Ok::<(), gofarm_sched::load::linux::CollectError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Collector {
    root: PathBuf,
    every: Duration,
    due: Instant,
    last: Option<Reading>,
    traffic: Option<Traffic>,
}

/// What all differences are taken of.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    cpu: CpuTimes,
    /// `None` where the kernel has no PSI.
    memory: Option<Pressure>,
    io: Option<Pressure>,
    network: Counters,
}

/// Received, sent, errors, dropped.
type Counters = [u64; 4];

impl Collector {
    /// Of `/proc`, each 200 ms.
    #[must_use]
    pub fn new() -> Self {
        Self::at("/proc")
    }

    /// Of another folder that is laid out like `/proc`: the host's, as a container sees it, or one of a test.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            every: millis(200),
            due: Instant::ZERO,
            last: None,
            traffic: None,
        }
    }

    /// The same at another pace. The kernel counts processor time in ticks of 10 ms or so: below 100 ms, shares are coarse.
    #[must_use]
    pub const fn every(mut self, pace: Duration) -> Self {
        self.every = pace;
        self
    }

    /// Reads the files, and answers the load since the last sample.
    ///
    /// Knows the memory; knows processors and disks from the second sample on, if time has passed. After an error the next
    /// sample covers the time since the last good one.
    ///
    /// # Errors
    /// A file cannot be read or understood. A kernel without PSI is no error.
    pub fn sample(&mut self, now: Instant) -> Result<Load, CollectError> {
        self.due = now + self.every;
        let memory = Memory::parse(&self.read(ProcFile::MemInfo)?)?;
        let reading = Reading {
            at: now,
            cpu: CpuTimes::parse(&self.read(ProcFile::Stat)?)?,
            memory: self.pressure(ProcFile::PressureMemory)?,
            io: self.pressure(ProcFile::PressureIo)?,
            network: counters(&self.read(ProcFile::NetDev)?)?,
        };
        let load = Load::new().memory(memory.used_share());
        let last = self.last.replace(reading);
        Ok(last.map_or(load, |last| {
            let elapsed = now.saturating_since(last.at);
            self.traffic = traffic(&last.network, &reading.network, elapsed);
            difference(load, memory.used_share(), (&last, &reading), elapsed)
        }))
    }

    /// What all interfaces but `lo` did in the time of the last sample; `None` until there are two.
    ///
    /// Bridges and tunnels count what their members count as well: it is a figure to compare with itself.
    #[must_use]
    pub const fn traffic(&self) -> Option<Traffic> {
        self.traffic
    }

    /// When the next sample is due, also after one that failed; at once if there was none.
    #[must_use]
    pub const fn poll_timeout(&self) -> Instant {
        self.due
    }

    fn read(&self, file: ProcFile) -> Result<String, CollectError> {
        match fs::read(self.root.join(file.path())) {
            // Names of interfaces may be any bytes; numbers are not harmed.
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(CollectError::Read {
                file,
                kind: error.kind(),
            }),
        }
    }

    fn pressure(&self, file: ProcFile) -> Result<Option<Pressure>, CollectError> {
        match self.read(file) {
            Ok(text) => Ok(Some(Pressure::parse(file, &text)?)),
            Err(CollectError::Read {
                kind: io::ErrorKind::NotFound | io::ErrorKind::Unsupported,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

fn difference(load: Load, used: f32, (last, now): (&Reading, &Reading), elapsed: Duration) -> Load {
    let waited = |last: Option<Pressure>, now: Option<Pressure>| {
        now?.some().share_since(&last?.some(), elapsed)
    };
    let mut load = load;
    if let Some(share) = waited(last.memory, now.memory) {
        load = load.memory(used.max(share));
    }
    let cpu = now.cpu.since(&last.cpu);
    if let Some(shares) = cpu {
        load = load.cpu(shares.busy());
    }
    match waited(last.io, now.io).or(cpu.map(|shares| shares.io_wait())) {
        Some(share) => load.io_wait(share),
        None => load,
    }
}

fn counters(text: &str) -> Result<Counters, CollectError> {
    let mut sums = [0_u64; 4];
    for interface in interfaces(text) {
        let interface = interface?;
        if interface.name() == "lo" {
            continue;
        }
        let counts = [
            interface.received(),
            interface.sent(),
            interface.errors(),
            interface.dropped(),
        ];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
    }
    Ok(sums)
}

/// An interface that went away takes its counts along: what is below the last reading counts as 0.
fn traffic(last: &Counters, now: &Counters, elapsed: Duration) -> Option<Traffic> {
    if elapsed.is_zero() {
        return None;
    }
    let [received, sent, errors, dropped] =
        [0, 1, 2, 3].map(|k: usize| now[k].saturating_sub(last[k]) as f64 / elapsed.as_secs_f64());
    Some(Traffic {
        received,
        sent,
        errors,
        dropped,
    })
}
