//! [`Event`]: what happens to a cluster, whatever its scheduler decides.

use alloc::sync::Arc;
use core::time::Duration;

use crate::eviction::{Stakes, WorkId};
use crate::load::Load;
use crate::resource::Ask;

/// A name in a trace: of a node, a zone, a group.
pub type Name = Arc<str>;

/// On which side of the link to the farm a node stands; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Site {
    /// On the farm, with the scheduler.
    Farm,
    /// Beyond the link: out of reach, and of no use to the farm, while it is cut.
    Cloud,
}

/// A node that a trace adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    pub(super) name: Name,
    pub(super) site: Site,
    pub(super) cpu_milli: u32,
    pub(super) memory: u64,
    pub(super) zone: Option<Name>,
    pub(super) host: Option<Name>,
}

impl NodeSpec {
    /// A node with its processors in thousandths and its memory in bytes.
    #[must_use]
    pub fn new(name: &str, site: Site, cpu_milli: u32, memory: u64) -> Self {
        Self {
            name: name.into(),
            site,
            cpu_milli,
            memory,
            zone: None,
            host: None,
        }
    }

    /// The zone, which is also the node's failure domain; a node without one is its own.
    #[must_use]
    pub fn zone(mut self, zone: &str) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// The host.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn domain(&self) -> &str {
        self.zone.as_deref().unwrap_or(&self.name)
    }
}

/// A piece of work that a trace brings.
///
/// What it asks for and what it is expected to add is what the scheduler sees; what it truly uses shows in the metrics
/// of the node that it runs on, and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSpec {
    pub(super) id: WorkId,
    pub(super) kind: Option<Name>,
    pub(super) group: Option<Name>,
    pub(super) tenant: Option<Name>,
    pub(super) stakes: Stakes,
    pub(super) priority: i32,
    pub(super) ask: Ask,
    pub(super) expected: Option<f32>,
    pub(super) uses_milli: u32,
    pub(super) life: Option<Duration>,
}

impl WorkSpec {
    /// Ordinary work that asks for processors in thousandths and memory in bytes, uses what it asks for, and never ends.
    #[must_use]
    pub const fn new(id: u64, cpu_milli: u32, memory: u64) -> Self {
        Self {
            id: WorkId::new(id),
            kind: None,
            group: None,
            tenant: None,
            stakes: Stakes::Ordinary,
            priority: 0,
            ask: Ask::new(cpu_milli, memory),
            expected: None,
            uses_milli: cpu_milli,
            life: None,
        }
    }

    /// The kind of work, by the name of its rule for when the farm is cut off:
    /// [`WorkRule::name`](crate::autonomy::WorkRule::name). Work of no kind, or of a kind without a rule, always runs.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// The group that spreads.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// A crop depends on it: it goes first, is never shed and never makes room.
    #[must_use]
    pub const fn crop_critical(mut self) -> Self {
        self.stakes = Stakes::CropCritical;
        self
    }

    /// The priority; 0 until it is set.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The share of a node's processors, 0..=1, that it is expected to add; what it asks for until it is set.
    #[must_use]
    pub const fn expected(mut self, share: f32) -> Self {
        self.expected = Some(share);
        self
    }

    /// The processors that it truly uses, in thousandths.
    #[must_use]
    pub const fn uses(mut self, cpu_milli: u32) -> Self {
        self.uses_milli = cpu_milli;
        self
    }

    /// For how long it must run in all; kept in whole microseconds.
    #[must_use]
    pub const fn life(mut self, life: Duration) -> Self {
        self.life = Some(whole_micros(life));
        self
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> WorkId {
        self.id
    }

    /// What is at stake.
    #[must_use]
    pub const fn at_stake(&self) -> Stakes {
        self.stakes
    }

    /// What it asks for.
    #[must_use]
    pub const fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Its group.
    #[must_use]
    pub fn group_name(&self) -> Option<&str> {
        self.group.as_deref()
    }

    pub(super) const fn is_critical(&self) -> bool {
        matches!(self.stakes, Stakes::CropCritical)
    }
}

/// How the metrics of a node come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feed {
    pub(super) every: Duration,
    pub(super) delay: Duration,
    pub(super) loss: f32,
    pub(super) noise: f32,
}

impl Feed {
    /// Measured every so often, 0.1 s to 1 day, in whole microseconds; there at once, all of them, and exact.
    #[must_use]
    pub const fn every(time: Duration) -> Self {
        Self {
            every: whole_micros(time),
            delay: Duration::ZERO,
            loss: 0.0,
            noise: 0.0,
        }
    }

    /// They arrive so much later, up to 1 day, in whole microseconds.
    #[must_use]
    pub const fn late(mut self, delay: Duration) -> Self {
        self.delay = whole_micros(delay);
        self
    }

    /// This share of them never arrives, 0..=1.
    #[must_use]
    pub const fn loses(mut self, share: f32) -> Self {
        self.loss = share;
        self
    }

    /// Shares of processors and memory are measured wrong by up to this much, either way, 0..=1.
    #[must_use]
    pub const fn noise(mut self, share: f32) -> Self {
        self.noise = share;
        self
    }
}

impl Default for Feed {
    /// Every 10 s.
    fn default() -> Self {
        Self::every(Duration::from_secs(10))
    }
}

/// What happens to a cluster, whatever its scheduler decides; match it fully.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A node is there from now on, and up.
    Node(NodeSpec),
    /// The metrics of a node come in another way from now on; of all nodes, those to come included, where none is named.
    Metrics(Option<Name>, Feed),
    /// What loads a node beside the work of the trace; what is not known of it is 0.
    Background(Name, Load),
    /// A piece of work is wanted.
    Work(WorkSpec),
    /// A piece of work is no longer wanted.
    Done(WorkId),
    /// A node loses its power, and all that ran on it.
    Fail(Name),
    /// A node that failed is up again, with nothing on it.
    Return(Name),
    /// A person takes a node out for good.
    Remove(Name),
    /// The link between farm and cloud is cut.
    Cut,
    /// The link is whole again.
    Heal,
    /// The farm's batteries hold this share, 0..=1; `None`: it is on the grid.
    Charge(Option<f32>),
    /// Nothing: a run lasts at least until then.
    Until,
}

const fn whole_micros(time: Duration) -> Duration {
    let micros = time.as_micros();
    if micros > u64::MAX as u128 {
        return Duration::from_micros(u64::MAX);
    }
    #[expect(clippy::cast_possible_truncation, reason = "compared the line above")]
    Duration::from_micros(micros as u64)
}
