//! The kinds of work on the site, and what each asks for.

use core::time::Duration;

use gofarm_core::time::{hours, minutes};
use gofarm_sched::priority::PriorityClass;
use gofarm_sched::request::Request;
use gofarm_sched::resource::Ask;

const MIB: u64 = 1 << 20;
/// A crop that is not watered in time.
const IRRIGATION: PriorityClass = PriorityClass::new("irrigation", 100_000);

/// The plot that all of it is about.
pub(super) const PLOT: &str = "field";

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Watches over one run of the valve. There are two of them, apart from each other.
    Irrigation,
    /// A day of the harvest: where to lift, who drives, what the scales say.
    Harvest,
    /// Tomorrow's weather for the field.
    Forecast,
    /// Half an hour of the cameras.
    Video,
    /// The night's training on what the season brought.
    Training,
}

impl Work {
    pub(super) const ALL: [Self; 5] = [
        Self::Irrigation,
        Self::Harvest,
        Self::Forecast,
        Self::Video,
        Self::Training,
    ];

    /// Its name in the rules for a farm that is cut off.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Irrigation => "irrigation",
            Self::Harvest => "harvest",
            Self::Forecast => "forecasts",
            Self::Video => "video analysis",
            Self::Training => "model training",
        }
    }

    pub(super) const fn is_crop_critical(self) -> bool {
        matches!(self, Self::Irrigation | Self::Harvest)
    }

    pub(super) const fn ask(self) -> Ask {
        match self {
            Self::Irrigation => Ask::new(200, 64 * MIB),
            Self::Harvest => Ask::new(600, 256 * MIB),
            Self::Forecast => Ask::new(1_000, 512 * MIB),
            Self::Video => Ask::new(2_000, 1_024 * MIB),
            Self::Training => Ask::new(6_000, 8_192 * MIB),
        }
    }

    /// How long it takes; a run of the valve says for itself.
    pub(super) const fn time(self) -> Duration {
        match self {
            Self::Irrigation | Self::Forecast => hours(1),
            Self::Harvest => hours(8),
            Self::Video => minutes(30),
            Self::Training => hours(4),
        }
    }

    pub(super) fn request(self) -> Request {
        let request = Request::new(self.ask());
        match self {
            Self::Irrigation => request
                .priority(IRRIGATION.value())
                .group(self.name())
                .label("plot", PLOT)
                .label("site", "farm"),
            Self::Harvest => request
                .priority(IRRIGATION.value())
                .label("plot", PLOT)
                .label("harvest", "potato")
                .label("site", "farm"),
            Self::Forecast => request.label("plot", PLOT),
            Self::Video => request,
            Self::Training => request.priority(PriorityClass::BATCH_ANALYTICS.value()),
        }
    }

    /// Whether it is due in this slot of the day, for what is done by the clock. The forecast is made half as often
    /// where it is `slowed`.
    pub(super) const fn is_due(self, slot: usize, slowed: bool, is_harvest: bool) -> bool {
        match self {
            Self::Irrigation => false,
            Self::Harvest => is_harvest && slot == 8 * 4,
            Self::Forecast => slot.is_multiple_of(if slowed { 12 * 4 } else { 6 * 4 }),
            Self::Video => slot >= 6 * 4 && slot < 20 * 4 && slot.is_multiple_of(4),
            Self::Training => slot == 22 * 4,
        }
    }
}
