//! What is told to an observer about loads, and how often: [`Exporter`].

use core::time::Duration;

use gofarm_core::observe::{Instrument, Label, Observer};
use gofarm_core::time::{Instant, secs};

use super::{Load, Metric};

static CPU: Instrument =
    Instrument::gauge("gofarm.sched.node.cpu", "1", "Share of processors in use");
static MEMORY: Instrument = Instrument::gauge("gofarm.sched.node.memory", "1", "Memory pressure");
static NETWORK: Instrument = Instrument::gauge(
    "gofarm.sched.node.network",
    "s",
    "Network latency, 95th percentile",
);
static IO_WAIT: Instrument = Instrument::gauge(
    "gofarm.sched.node.io_wait",
    "1",
    "Share of time spent waiting for disks",
);
static APP: Instrument = Instrument::gauge(
    "gofarm.sched.node.app",
    "s",
    "Round trip of the application's calls, 90th percentile",
);
static SCORE: Instrument = Instrument::gauge(
    "gofarm.sched.node.score",
    "1",
    "Load beside the other nodes', 0 idle to 1 worst",
);
static ABSOLUTE: Instrument = Instrument::gauge(
    "gofarm.sched.node.load",
    "1",
    "Load by itself, 0 idle to 1 full",
);

/// Every instrument of a load, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 7] =
    [&CPU, &MEMORY, &NETWORK, &IO_WAIT, &APP, &SCORE, &ABSOLUTE];

/// Tells an observer about a node: its known metrics, its relative score and its absolute load, with its name as label.
pub fn observe(observer: &impl Observer, node: &str, load: &Load, score: f32, absolute: f32) {
    let labels = [Label::text("node", node)];
    let tell = |instrument: &'static Instrument, value: f32| {
        observer.observe(&instrument.measure(f64::from(value)).labelled(&labels));
    };
    for metric in Metric::ALL {
        if let Some(value) = load.get(metric) {
            tell(instrument(metric), value);
        }
    }
    tell(&SCORE, score);
    tell(&ABSOLUTE, absolute);
}

const fn instrument(metric: Metric) -> &'static Instrument {
    match metric {
        Metric::Cpu => &CPU,
        Metric::Memory => &MEMORY,
        Metric::Network => &NETWORK,
        Metric::IoWait => &IO_WAIT,
        Metric::App => &APP,
    }
}

/// Says when it is time to export, by a steady pace: 5 s by default.
///
/// Loads are sampled more often than a dashboard needs them.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_sched::load::signal::Exporter;
///
/// let mut exporter = Exporter::default();
/// assert!(exporter.poll(Instant::from_secs(1)));
/// assert!(!exporter.poll(Instant::from_secs(5)));
/// assert!(exporter.poll(Instant::from_secs(6)));
/// assert_eq!(exporter.poll_timeout(), Instant::from_secs(11));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Exporter {
    every: Duration,
    next: Instant,
}

impl Exporter {
    /// At this pace, from the first question on; 0 is always.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self {
            every,
            next: Instant::ZERO,
        }
    }

    /// Whether it is time; if so, the next time is one pace later, and what was missed is not made up for.
    pub fn poll(&mut self, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        let in_step = self.next + self.every;
        // Steps of the pace as long as one keeps up with it; `next` is 0 before the first.
        self.next = if self.next > Instant::ZERO && in_step > now {
            in_step
        } else {
            now + self.every
        };
        true
    }

    /// When it is time again.
    #[must_use]
    pub const fn poll_timeout(&self) -> Instant {
        self.next
    }
}

impl Default for Exporter {
    fn default() -> Self {
        Self::new(secs(5))
    }
}
