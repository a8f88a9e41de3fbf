//! [`Chaos::draw`]: a bad season, drawn from a seed.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, days, hours, minutes, secs};
use jiff::SignedDuration;

use super::Chaos;
use super::failure::Failure;
use super::number::Number;
use super::overlap::{excluded, hides};
use super::time_text::LAST_DAY;
use super::trouble::{Trouble, TroubleKind as Kind};

/// Nothing goes wrong before: the parts have their first hours to find each other.
const CALM_BEFORE: Duration = hours(6);
/// Nothing goes wrong after, so far from the end: what was kept back arrives, and wrong time-stamps are in the past. It is
/// more than any jump that is drawn.
const CALM_AFTER: Duration = hours(24);
/// One more for so many days, on top of one of each kind.
const DAYS_FOR_ONE_MORE: u16 = 4;
/// How often chance has a try at a place, before all places are tried.
const TRIES: u32 = 64;
/// All places are so far apart.
const STEP: Duration = minutes(10);
/// So that the season's own chance, of the same seed, draws something else.
const SALT: u64 = 0x6368_616f_735f_6473;

/// The cut that every season has: what a farm has to stand.
const LONG_CUT: Duration = hours(72);
/// What every season has besides, in the order of placing: what lasts longest and bears the least with others first.
const THE_OTHERS: [Kind; 17] = [
    Kind::ValveStuck,
    Kind::GoodFirmware,
    Kind::BadFirmware,
    Kind::ProbeLies,
    Kind::ProbeStuck,
    Kind::GoodConfig,
    Kind::BadConfig,
    Kind::Duplicates,
    Kind::Delays,
    Kind::DiskSlow,
    Kind::RadioCut,
    Kind::DiskFull,
    Kind::ClockUnknown,
    Kind::ClockJump,
    Kind::BrokerDown,
    Kind::GatewayPowerCut,
    Kind::NodePowerCut,
];

/// What there is more of: all but the rollouts, of which a season has few.
const MORE: [Kind; 14] = [
    Kind::GatewayCut,
    Kind::BrokerDown,
    Kind::ClockJump,
    Kind::ClockUnknown,
    Kind::ProbeStuck,
    Kind::ProbeLies,
    Kind::ValveStuck,
    Kind::NodePowerCut,
    Kind::GatewayPowerCut,
    Kind::RadioCut,
    Kind::Duplicates,
    Kind::Delays,
    Kind::DiskFull,
    Kind::DiskSlow,
];

impl Chaos {
    /// A season of so many days or more has one of each kind when it is drawn.
    pub const MIN_DAYS: u16 = 30;

    /// Draws a script for a season of so many `days`, at most 366: one of each kind, among them a gateway that is cut off
    /// for 72 h, and one more for every four days.
    ///
    /// A season of less than [`MIN_DAYS`](Self::MIN_DAYS) has what finds a place; one of a day has nothing, because the
    /// first 6 and the last 24 hours are calm. Where one failure would hide another they are drawn apart.
    #[must_use]
    pub fn draw(seed: u64, days: u16) -> Self {
        let days = days.min(LAST_DAY);
        let mut draft = Draft::new(seed, days);
        let gateway = draft.number();
        draft.add(LONG_CUT, Trouble::GatewayCut { gateway });
        for kind in THE_OTHERS {
            draft.draw(kind);
        }
        for _ in 0..days / DAYS_FOR_ONE_MORE {
            let place = draft.random.below(MORE.len() as u64);
            let place = usize::try_from(place).unwrap_or_default();
            if let Some(&kind) = MORE.get(place) {
                draft.draw(kind);
            }
        }
        let mut failures = draft.failures;
        failures.sort_by_key(Failure::at);
        Self { failures }
    }
}

/// A script in the making.
#[derive(Debug)]
struct Draft {
    random: SplitMix64,
    failures: Vec<Failure>,
    /// From when on something may go wrong, and until when.
    from: Instant,
    until: Instant,
}

impl Draft {
    fn new(seed: u64, length: u16) -> Self {
        let length = days(u64::from(length));
        Self {
            random: SplitMix64::new(seed ^ SALT),
            failures: Vec::new(),
            from: Instant::ZERO + CALM_BEFORE,
            until: Instant::ZERO + length.saturating_sub(CALM_AFTER),
        }
    }

    /// Draws what happens, to what and for how long, and then a place for it.
    fn draw(&mut self, kind: Kind) {
        let lasts = self.length(kind);
        let what = self.trouble(kind);
        self.add(lasts, what);
    }

    /// Takes a failure up if it has a place: one by chance, or the first there is.
    fn add(&mut self, lasts: Duration, what: Trouble) {
        let room = self.until.saturating_since(self.from + lasts);
        let starts = room.as_secs() / 60 + 1;
        for _ in 0..TRIES {
            let at = self.from + minutes(self.random.below(starts));
            if self.take(at, lasts, what) {
                return;
            }
        }
        let mut at = self.from;
        while at <= self.until && !self.take(at, lasts, what) {
            at += STEP;
        }
    }

    fn take(&mut self, at: Instant, lasts: Duration, what: Trouble) -> bool {
        let Ok(failure) = Failure::new(at, lasts, what) else {
            return false;
        };
        let is_free = |other| excluded(&failure, other).is_none() && !hides(&failure, other);
        let has_place = failure.end() <= self.until && self.failures.iter().all(is_free);
        if has_place {
            self.failures.push(failure);
        }
        has_place
    }

    fn trouble(&mut self, kind: Kind) -> Trouble {
        match kind {
            Kind::GatewayCut => Trouble::GatewayCut {
                gateway: self.number(),
            },
            Kind::BrokerDown => Trouble::BrokerDown,
            Kind::ClockJump => {
                let minutes = self.within(5, 6 * 60).cast_signed();
                Trouble::ClockJump {
                    gateway: self.number(),
                    by: SignedDuration::from_mins(self.sign() * minutes),
                }
            }
            Kind::ClockUnknown => Trouble::ClockUnknown {
                gateway: self.number(),
            },
            Kind::ProbeStuck => Trouble::ProbeStuck {
                field: self.number(),
                probe: self.number(),
            },
            Kind::ProbeLies => Trouble::ProbeLies {
                field: self.number(),
                probe: self.number(),
                by: (self.sign() as f64) * self.within(30, 100) as f64 / 1_000.0,
            },
            Kind::ValveStuck => Trouble::ValveStuck {
                field: self.number(),
                holds: minutes(self.within(5, 60)),
            },
            Kind::NodePowerCut => Trouble::NodePowerCut {
                field: self.number(),
            },
            Kind::GatewayPowerCut => Trouble::GatewayPowerCut {
                gateway: self.number(),
            },
            Kind::RadioCut => Trouble::RadioCut {
                field: self.number(),
            },
            Kind::Duplicates => Trouble::Duplicates {
                field: self.number(),
            },
            // A command is valid for 3 minutes: some are late and in time, some are too late.
            Kind::Delays => Trouble::Delays {
                field: self.number(),
                by: secs(self.within(30, 600)),
            },
            Kind::DiskFull => Trouble::DiskFull {
                gateway: self.number(),
            },
            Kind::DiskSlow => Trouble::DiskSlow {
                gateway: self.number(),
            },
            Kind::GoodConfig => Trouble::GoodConfig {
                gateway: self.number(),
            },
            Kind::BadConfig => Trouble::BadConfig {
                gateway: self.number(),
            },
            Kind::GoodFirmware => Trouble::GoodFirmware,
            Kind::BadFirmware => Trouble::BadFirmware,
        }
    }

    fn length(&mut self, kind: Kind) -> Duration {
        match kind {
            Kind::NodePowerCut => secs(self.within(5, 900)),
            Kind::GatewayPowerCut => minutes(self.within(1, 120)),
            Kind::BrokerDown => minutes(self.within(5, 240)),
            Kind::GatewayCut => minutes(self.within(10, 24 * 60)),
            Kind::RadioCut | Kind::ClockUnknown => minutes(self.within(30, 12 * 60)),
            Kind::ClockJump | Kind::DiskFull | Kind::DiskSlow => hours(self.within(1, 12)),
            Kind::GoodConfig | Kind::BadConfig => hours(self.within(6, 24)),
            // The contract of a probe calls it stuck after 6 h.
            Kind::ProbeStuck => hours(self.within(12, 48)),
            Kind::GoodFirmware | Kind::BadFirmware => hours(self.within(24, 48)),
            Kind::Duplicates | Kind::Delays => hours(self.within(24, 72)),
            // Long enough for a run of the valve in a dry week.
            Kind::ValveStuck => hours(self.within(48, 96)),
            Kind::ProbeLies => hours(self.within(24, 120)),
        }
    }

    fn number<const FIRST: u8, const LAST: u8>(&mut self) -> Number<FIRST, LAST> {
        Number::draw(&mut self.random)
    }

    fn sign(&mut self) -> i64 {
        if self.random.below(2) == 0 { 1 } else { -1 }
    }

    /// A number from `least` to `most`.
    fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.random.below(most - least + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_drawn_hides_something_else() {
        for (seed, days) in (0..300).zip([7, 30, 145, 366].into_iter().cycle()) {
            let drawn = Chaos::draw(seed, days);
            for (place, a) in drawn.failures().iter().enumerate() {
                for b in drawn.failures().iter().take(place) {
                    assert!(!hides(a, b), "seed {seed}, {days} days: {a} / {b}");
                }
            }
        }
    }
}
