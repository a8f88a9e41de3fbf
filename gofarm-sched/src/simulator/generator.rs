//! [`Generator`]: traces of farms that do not exist.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, minutes};

use super::{Event, Feed, Flaw, Name, NodeSpec, Site, Trace, WorkSpec};
use crate::load::Load;
use crate::priority::PriorityClass;

/// How often background load and charge change.
const TICK: Duration = minutes(15);

/// Writes traces of farms: the same seed, the same trace.
///
/// Nodes are of 2, 4 or 8 processors. Services are crop-critical groups of small replicas that never end; deferrable work
/// is large; jobs come and go by themselves (a Poisson process). Work truly uses half to one and a half of what it asks
/// for. Nodes and zones fail after exponentially distributed times.
///
/// ```
/// use gofarm_core::time::{Instant, hours, minutes};
/// use gofarm_sched::simulator::Generator;
///
/// let generator = Generator::new(hours(24))
///     .zones(3, 2)
///     .service("irrigation", 3)
///     .deferrable("video analysis", 4)
///     .jobs_an_hour(6)
///     .node_failures(hours(12), minutes(10))
///     .cut(Instant::ZERO + hours(8), hours(6));
/// let trace = generator.generate(7)?;
/// assert_eq!(trace, generator.generate(7)?);
/// assert_ne!(trace, generator.generate(8)?);
/// # Ok::<(), gofarm_sched::simulator::Flaw>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it writes nothing before `generate`"]
pub struct Generator {
    span: Duration,
    zones: u32,
    nodes: u32,
    cloud: u32,
    services: Vec<(Box<str>, u32)>,
    deferrable: Vec<(Box<str>, u32)>,
    jobs_an_hour: u32,
    node_failures: Option<(Duration, Duration)>,
    zone_failures: Option<(Duration, Duration)>,
    cut: Option<(Instant, Duration)>,
    battery: bool,
    background: f32,
    feed: Feed,
}

impl Generator {
    /// Two zones with two nodes each, nothing to do, and nothing that fails.
    pub fn new(span: Duration) -> Self {
        Self {
            span,
            zones: 2,
            nodes: 2,
            cloud: 0,
            services: Vec::new(),
            deferrable: Vec::new(),
            jobs_an_hour: 0,
            node_failures: None,
            zone_failures: None,
            cut: None,
            battery: false,
            background: 0.0,
            feed: Feed::default(),
        }
    }

    /// So many zones on the farm, with so many nodes each; each node is a host.
    pub const fn zones(mut self, zones: u32, nodes_each: u32) -> Self {
        (self.zones, self.nodes) = (zones, nodes_each);
        self
    }

    /// So many nodes beyond the link, in a zone of their own.
    pub const fn cloud(mut self, nodes: u32) -> Self {
        self.cloud = nodes;
        self
    }

    /// Adds a crop-critical group of so many replicas; its name is also its kind.
    pub fn service(mut self, name: &str, replicas: u32) -> Self {
        self.services.push((name.into(), replicas));
        self
    }

    /// Adds so much ordinary work of a kind that can wait.
    pub fn deferrable(mut self, kind: &str, count: u32) -> Self {
        self.deferrable.push((kind.into(), count));
        self
    }

    /// So many short jobs come in an hour on average; each runs for half an hour on average.
    pub const fn jobs_an_hour(mut self, jobs: u32) -> Self {
        self.jobs_an_hour = jobs;
        self
    }

    /// Each node of the farm fails after such a time on average, and is down for such a time on average.
    pub const fn node_failures(mut self, after: Duration, down: Duration) -> Self {
        self.node_failures = Some((after, down));
        self
    }

    /// Each zone of the farm fails as a whole, as [`node_failures`](Self::node_failures) says of nodes.
    pub const fn zone_failures(mut self, after: Duration, down: Duration) -> Self {
        self.zone_failures = Some((after, down));
        self
    }

    /// The link is cut from then on for so long.
    pub const fn cut(mut self, from: Instant, time: Duration) -> Self {
        self.cut = Some((from, time));
        self
    }

    /// While the link is cut the farm lives on batteries, which fall from full to a tenth, with the days in between; they
    /// are full again 3 h after it.
    pub const fn battery(mut self) -> Self {
        self.battery = true;
        self
    }

    /// Something beside the work loads each node with up to this share, 0..=1, and changes every 15 min.
    pub const fn background(mut self, share: f32) -> Self {
        self.background = share;
        self
    }

    /// How metrics come in.
    pub const fn feed(mut self, feed: Feed) -> Self {
        self.feed = feed;
        self
    }

    /// Writes a trace.
    ///
    /// # Errors
    /// A number is out of its range, or there would be too many events or nodes.
    pub fn generate(&self, seed: u64) -> Result<Trace, Flaw> {
        let mut draft = Draft {
            random: SplitMix64::new(seed),
            end: Instant::ZERO + self.span,
            events: Vec::new(),
            works: 0,
        };
        draft
            .events
            .push((Instant::ZERO, Event::Metrics(None, self.feed)));
        let nodes = self.nodes_of(&mut draft);
        for (name, replicas) in &self.services {
            for _ in 0..*replicas {
                let work = draft.work(200, 400).kind(name).group(name).crop_critical();
                draft.wanted(work.priority(PriorityClass::URGENT_HARVEST.value()));
            }
        }
        for (kind, count) in &self.deferrable {
            for _ in 0..*count {
                let work = draft.work(400, 1_000).kind(kind);
                draft.wanted(work.priority(PriorityClass::BATCH_ANALYTICS.value()));
            }
        }
        self.jobs(&mut draft);
        self.failures(&mut draft, &nodes);
        self.cuts(&mut draft);
        self.backgrounds(&mut draft, &nodes);
        draft.events.retain(|(at, _)| *at <= draft.end);
        draft.events.push((draft.end, Event::Until));
        draft.events.sort_by_key(|(at, _)| *at);
        let mut trace = Trace::new();
        for (at, event) in draft.events {
            trace.push(at, event)?;
        }
        Ok(trace)
    }

    /// The nodes of the farm by zones, then those of the cloud.
    fn nodes_of(&self, draft: &mut Draft) -> Vec<Vec<Name>> {
        let mut zones = Vec::new();
        for zone in 0..=self.zones {
            let (site, zone_name, count) = if zone < self.zones {
                (Site::Farm, format!("zone-{zone}"), self.nodes)
            } else {
                (Site::Cloud, "cloud".into(), self.cloud)
            };
            let nodes = (0..count).map(|node| {
                let name = format!("{zone_name}-{node}");
                let size = 1 << draft.random.below(3);
                let spec = NodeSpec::new(&name, site, 2_000 * size, u64::from(size) << 32);
                let spec = spec.zone(&zone_name).host(&name);
                let name = spec.name.clone();
                draft.events.push((Instant::ZERO, Event::Node(spec)));
                name
            });
            zones.push(nodes.collect());
        }
        zones
    }

    fn jobs(&self, draft: &mut Draft) {
        if self.jobs_an_hour == 0 {
            return;
        }
        let mean = hours(1) / self.jobs_an_hour;
        let mut at = Instant::ZERO + draft.exponential(mean);
        while at < draft.end && draft.events.len() < Trace::MOST_EVENTS {
            let life = draft.exponential(minutes(30));
            let work = draft.work(200, 1_500).life(life);
            draft.events.push((at, Event::Work(work)));
            at += draft.exponential(mean);
        }
    }

    fn failures(&self, draft: &mut Draft, zones: &[Vec<Name>]) {
        for zone in zones.iter().take(self.zones as usize) {
            let together = draft.outages(self.zone_failures);
            for node in zone {
                let mut outages = draft.outages(self.node_failures);
                outages.extend_from_slice(&together);
                outages.sort_unstable();
                let mut up_from = Instant::ZERO;
                for (index, (down, up)) in outages.iter().enumerate() {
                    if *down > up_from || index == 0 {
                        draft.events.push((*down, Event::Fail(node.clone())));
                    }
                    up_from = up_from.max(*up);
                    if outages
                        .get(index + 1)
                        .is_none_or(|(next, _)| *next > up_from)
                    {
                        draft.events.push((up_from, Event::Return(node.clone())));
                    }
                }
            }
        }
    }

    fn cuts(&self, draft: &mut Draft) {
        let Some((from, time)) = self.cut else {
            return;
        };
        draft.events.push((from, Event::Cut));
        draft.events.push((from + time, Event::Heal));
        let until = from + time + hours(3);
        let mut at = from;
        while self.battery && at <= until && draft.events.len() < Trace::MOST_EVENTS {
            let gone = at.saturating_since(from);
            let charge = if gone < time {
                let fallen = gone.as_secs_f32() / time.as_secs_f32();
                let day = gone.as_secs_f32() / hours(24).as_secs_f32();
                let sun = 0.15 * libm::sinf(2.0 * core::f32::consts::PI * day);
                1.0 - 0.9 * fallen + sun
            } else {
                let back = gone.saturating_sub(time).as_secs_f32() / hours(3).as_secs_f32();
                0.1 + 0.9 * back
            };
            let noise = 0.04 * (draft.share() - 0.5);
            let charge = (charge + noise).clamp(0.02, 1.0);
            draft.events.push((at, Event::Charge(Some(charge))));
            at += TICK;
        }
    }

    fn backgrounds(&self, draft: &mut Draft, zones: &[Vec<Name>]) {
        let mut at = Instant::ZERO;
        while self.background > 0.0 && at < draft.end && draft.events.len() < Trace::MOST_EVENTS {
            for node in zones.iter().flatten() {
                let load = Load::new().cpu(self.background * draft.share());
                draft
                    .events
                    .push((at, Event::Background(node.clone(), load)));
            }
            at += TICK;
        }
    }
}

/// A trace in the making, in no order.
#[derive(Debug)]
struct Draft {
    random: SplitMix64,
    end: Instant,
    events: Vec<(Instant, Event)>,
    works: u64,
}

impl Draft {
    /// 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
    fn share(&mut self) -> f32 {
        self.random.below(1 << 24) as f32 / (1_u32 << 24) as f32
    }

    /// A number from `least` to below `most`.
    fn between(&mut self, least: u32, most: u32) -> u32 {
        let width = u64::from(most.saturating_sub(least));
        least + u32::try_from(self.random.below(width)).unwrap_or(0)
    }

    fn exponential(&mut self, mean: Duration) -> Duration {
        // From above 0 to 1.
        let share = 1.0 - f64::from(self.share());
        let times = -libm::log(share);
        // At least 1 ms, so that nothing happens without end in no time.
        let micros = u64::try_from(mean.mul_f64(times).as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(micros.max(1_000))
    }

    /// Work that asks for processors between these, in thousandths, and for a quarter of a mebibyte for each.
    fn work(&mut self, least_milli: u32, most_milli: u32) -> WorkSpec {
        self.works += 1;
        let asks = self.between(least_milli, most_milli);
        let uses = self.between(asks / 2, asks + asks / 2);
        WorkSpec::new(self.works, asks, u64::from(asks) << 18).uses(uses)
    }

    /// Work is wanted from within the first minute on.
    fn wanted(&mut self, work: WorkSpec) {
        let at = Instant::from_millis(self.random.below(60_000));
        self.events.push((at, Event::Work(work)));
    }

    /// When something is down, and up again.
    fn outages(&mut self, pace: Option<(Duration, Duration)>) -> Vec<(Instant, Instant)> {
        let mut outages = Vec::new();
        let Some((after, down)) = pace else {
            return outages;
        };
        let mut at = Instant::ZERO;
        while outages.len() < Trace::MOST_EVENTS {
            let from = at + self.exponential(after);
            if from >= self.end {
                break;
            }
            at = from + self.exponential(down);
            outages.push((from, at));
        }
        outages
    }
}
