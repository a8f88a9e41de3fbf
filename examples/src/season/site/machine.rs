//! The machines of the site: what they are, and how busy they are with their own affairs.

use core::time::Duration;

use gofarm_core::time::millis;
use gofarm_sched::load::Load;
use gofarm_sched::node::Node;
use gofarm_sched::resource::{Ask, Resources};

const GIB: u64 = 1 << 30;

/// A machine that can do work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// Beside the field: reads the probes, talks to the valve.
    FieldGateway,
    /// On a pole in the field, with a panel and a battery.
    SolarMast,
    /// The large one, in the barn.
    Barn,
    /// In the greenhouse, which keeps it busy on hot days.
    Greenhouse,
    /// Rented, at the other end of the uplink.
    Cloud,
}

/// What keeps machines busy besides the work that is placed.
#[derive(Clone, Copy, Debug)]
pub(in crate::season) struct Affairs {
    /// Whether people work on the farm.
    pub(in crate::season) by_day: bool,
    /// The day's greatest air temperature in °C.
    pub(in crate::season) hottest: f32,
    /// Rain in mm in this slot.
    pub(in crate::season) rain: f32,
    /// Whether water runs.
    pub(in crate::season) watering: bool,
}

impl Machine {
    pub(super) const ALL: [Self; 5] = [
        Self::FieldGateway,
        Self::SolarMast,
        Self::Barn,
        Self::Greenhouse,
        Self::Cloud,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FieldGateway => "field-gateway",
            Self::SolarMast => "solar-mast",
            Self::Barn => "barn",
            Self::Greenhouse => "greenhouse",
            Self::Cloud => "cloud",
        }
    }

    /// As the scheduler knows it: zones fail together through power or link, and `site` keeps work on the farm.
    pub(super) fn node(self) -> Node {
        let (zone, site) = match self {
            Self::FieldGateway | Self::SolarMast => ("field", "farm"),
            Self::Barn | Self::Greenhouse => ("yard", "farm"),
            Self::Cloud => ("cloud", "cloud"),
        };
        let node = Node::new(self.name(), self.capacity());
        node.zone(zone).host(self.name()).label("site", site)
    }

    const fn capacity(self) -> Resources {
        match self {
            Self::FieldGateway => Resources::new(2_000, GIB),
            Self::SolarMast => Resources::new(2_000, GIB),
            Self::Barn => Resources::new(8_000, 16 * GIB),
            Self::Greenhouse => Resources::new(4_000, 4 * GIB),
            Self::Cloud => Resources::new(32_000, 64 * GIB),
        }
    }

    /// From the field's probes to this machine.
    pub(super) const fn delay_from_field(self) -> Duration {
        match self {
            Self::FieldGateway => millis(20),
            Self::SolarMast => millis(40),
            Self::Barn => millis(300),
            Self::Greenhouse => millis(400),
            Self::Cloud => millis(900),
        }
    }

    /// What its own metrics say, with the work that runs on it.
    pub(super) fn measure(self, affairs: &Affairs, work: impl Iterator<Item = Ask>) -> Load {
        let (mut cpu, mut memory) = (0.0, 0.0);
        let capacity = self.capacity();
        for ask in work {
            cpu += ask.cpu_milli() as f32 / capacity.cpu_milli() as f32;
            memory += ask.memory() as f32 / capacity.memory() as f32;
        }
        // Rain is bad for radio.
        let radio = 1.0 + affairs.rain;
        let (own, round_trip, disk) = match self {
            Self::FieldGateway if affairs.watering => (0.25, 0.02, 0.02),
            Self::FieldGateway => (0.1, 0.02, 0.01),
            Self::SolarMast => (0.05, 0.02 * radio, 0.01),
            Self::Barn if affairs.by_day => (0.3, 0.01, 0.06),
            Self::Barn => (0.1, 0.01, 0.02),
            Self::Greenhouse => (0.1 + vents(affairs.hottest), 0.015, 0.01),
            Self::Cloud => (0.2, 0.09, 0.01),
        };
        Load::new()
            .cpu((own + cpu).min(1.0))
            .memory((0.2 + memory).min(1.0))
            .network_p95(Duration::from_secs_f32(round_trip))
            .io_wait(disk + 0.1 * cpu)
            .app_p90(Duration::from_secs_f32(2.0 * round_trip))
    }

    /// How much of its processors work takes, 0 to 1.
    pub(super) fn busy(self, work: impl Iterator<Item = Ask>) -> f64 {
        let taken: u32 = work.map(|ask| ask.cpu_milli()).sum();
        f64::from(taken) / f64::from(self.capacity().cpu_milli())
    }
}

/// The greenhouse opens vents and shades as it gets hot.
fn vents(hottest: f32) -> f32 {
    (0.03 * (hottest - 18.0)).clamp(0.0, 0.5)
}
