//! Time-stamps that follow cause and effect: [`HybridClock`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, UnixMillis};

use super::Now;
use crate::timestamp::Timestamp;

/// Makes time-stamps that never decrease, and refuses those of others that are ahead of known wall time.
///
/// A replica owns one, stores [`last`](Self::last) with what it writes and gives it to
/// [`restore`](Self::restore) after a restart.
///
/// It does not detect a wall time that was wrong from boot on, or is wrong steadily for 10 minutes, or is
/// confirmed by a peer with the same wrong source. Then peers refuse its time-stamps; see
/// [`ahead`](Self::ahead) and [`restart_at`](Self::restart_at). A device whose wall time is more than 60 s
/// behind refuses honest peers: one that is not sure of its time says so with `None`.
///
/// ```
/// use gofarm_core::time::{Instant, UnixMillis};
/// use gofarm_crdt::clock::{HybridClock, Now};
/// use gofarm_crdt::Timestamp;
///
/// let noon = UnixMillis::new(1_790_000_000_000);
/// let mut clock = HybridClock::new();
/// let first = clock.tick(Now::new(Instant::from_secs(5), Some(noon)));
/// let second = clock.tick(Now::new(Instant::from_secs(5), Some(noon)));
/// assert!(first == Timestamp::at(noon) && second > first);
///
/// // After a restart without wall time it counts on.
/// let mut clock = HybridClock::restore(clock.last());
/// let booted = Now::new(Instant::ZERO, None);
/// assert!(clock.tick(booted) > second);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HybridClock {
    last: Timestamp,
    line: Option<Line>,
    held: Option<Line>,
}

/// A moment on both clocks; the monotonic one leads from it to any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    from: Instant,
    millis: u64,
    /// Whether wall time was read then, or guessed from time-stamps.
    read: bool,
}

/// Wall time as far as it is believed.
#[derive(Clone, Copy)]
struct Belief {
    millis: u64,
    known: bool,
}

impl HybridClock {
    /// How far a received time-stamp may be ahead of known wall time: 60 s. Two clocks that drift apart at
    /// 100 ppm each differ by 52 s after 72 h.
    pub const MAX_AHEAD: Duration = Duration::from_secs(60);

    /// How long a stepped wall time is held: 10 minutes.
    pub const DWELL: Duration = Duration::from_secs(600);

    /// How long the monotonic clock stands in for a wall time that is unknown again: 72 h.
    pub const HOLDOVER: Duration = Duration::from_secs(72 * 3600);

    /// The first wall time that is believed: 2024-01-01T00:00Z. Clocks without battery start before.
    pub const EARLIEST: UnixMillis = UnixMillis::new(1_704_067_200_000);

    /// Wall times and time-stamps from here on are never believed: 2200-01-01T00:00Z.
    pub const END: UnixMillis = UnixMillis::new(7_258_118_400_000);

    /// How exactly a held wall time must keep pace with the monotonic clock to count as steady.
    const STEADY: Duration = Duration::from_secs(5);

    /// How long a reading serves as the start of the line: wall time may leave the monotonic clock by 60 s in
    /// this time.
    const RENEW: Duration = Duration::from_secs(3600);

    /// A clock that has made no time-stamp yet.
    #[must_use]
    pub const fn new() -> Self {
        Self::restore(Timestamp::ZERO)
    }

    /// A clock that goes on after `last`, the greatest time-stamp that was ever made or observed.
    #[must_use]
    pub const fn restore(last: Timestamp) -> Self {
        Self {
            last,
            line: None,
            held: None,
        }
    }

    /// The greatest time-stamp that was made or observed.
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Makes a time-stamp greater than any before: for one local update.
    ///
    /// More than 65 536 within a millisecond carry over into the next.
    pub fn tick(&mut self, now: Now) -> Timestamp {
        let wall = self.believe(now).millis;
        self.last = self.last.next().max(Timestamp::at(UnixMillis::new(wall)));
        self.last
    }

    /// Takes note of a time-stamp from another replica: later ones made here are greater.
    ///
    /// # Errors
    /// [`AheadOfClock`] if it is more than [`MAX_AHEAD`](Self::MAX_AHEAD) ahead of wall time, where that is
    /// known, or not before [`END`](Self::END) in any case; no later time-stamp grows by it.
    pub fn observe(&mut self, now: Now, remote: Timestamp) -> Result<(), AheadOfClock> {
        let mut belief = self.believe(now);
        if belief.known && remote.unix() > belief.limit() && self.confirms(now, remote) {
            belief = self.believe(now);
        }
        let limit = belief.limit();
        if remote.unix() > limit {
            return Err(AheadOfClock {
                stamp: remote,
                limit,
            });
        }
        if remote > self.last {
            self.last = remote;
        }
        let millis = remote.unix().as_millis();
        if !belief.known && millis > belief.millis {
            // The best guess there is.
            self.line = Some(Line {
                from: now.instant(),
                millis,
                read: false,
            });
        }
        Ok(())
    }

    /// How far the last time-stamp is ahead of wall time; nothing if that is not known.
    ///
    /// Peers refuse a write that is more than [`MAX_AHEAD`](Self::MAX_AHEAD) ahead of their wall time.
    #[must_use]
    pub fn ahead(&mut self, now: Now) -> Option<Duration> {
        let belief = self.believe(now);
        let wall = UnixMillis::new(belief.millis);
        belief
            .known
            .then(|| self.last.unix().saturating_since(wall))
    }

    /// Goes back to the present after time-stamps from a wrong future; the only way to lower the clock.
    ///
    /// `floor` is the greatest time-stamp that any other replica may hold: of all writes received, and of all
    /// own ones that were ever acknowledged. The clock does not go below it. Own writes above the returned
    /// time-stamp, none of them acknowledged, are then given new ones with [`tick`](Self::tick), in their old
    /// order and before anything else is written. A write that was acknowledged must keep its time-stamp: two
    /// replicas that hold it with different ones never agree again. If `floor` is itself in the future, only
    /// waiting helps.
    ///
    /// Believes `now` at once, also after a step. Returns nothing and changes nothing if its wall time is
    /// unknown, before [`EARLIEST`](Self::EARLIEST) or not before [`END`](Self::END).
    pub fn restart_at(&mut self, now: Now, floor: Timestamp) -> Option<Timestamp> {
        let millis = plausible(now)?;
        *self = Self {
            last: Timestamp::at(UnixMillis::new(millis)).max(floor),
            line: Some(Line {
                from: now.instant(),
                millis,
                read: true,
            }),
            held: None,
        };
        Some(self.last)
    }

    /// Wall time as far as it is believed; learns from the reading.
    fn believe(&mut self, now: Now) -> Belief {
        let instant = now.instant();
        match (plausible(now), self.line) {
            (Some(wall), Some(line)) if line.read => {
                let expected = line.reach(instant);
                if wall.abs_diff(expected) > millis(Self::MAX_AHEAD) {
                    return self.hold(instant, wall, line);
                }
                self.held = None;
                if line.age(instant) >= Self::RENEW {
                    self.line = Some(Line::read(instant, wall));
                }
                Belief::known(wall)
            }
            (Some(wall), _) => {
                self.line = Some(Line::read(instant, wall));
                Belief::known(wall)
            }
            (None, Some(line)) => line.belief(instant),
            (None, None) => {
                let line = Line {
                    from: instant,
                    millis: self.last.unix().as_millis(),
                    read: false,
                };
                self.line = Some(line);
                line.belief(instant)
            }
        }
    }

    /// A wall time off the line: believed once it was steady for long.
    fn hold(&mut self, instant: Instant, wall: u64, line: Line) -> Belief {
        let held = self
            .held
            .filter(|held| held.reach(instant).abs_diff(wall) <= millis(Self::STEADY));
        match held {
            Some(held) if held.age(instant) >= Self::DWELL => {
                self.line = Some(Line::read(instant, wall));
                self.held = None;
                Belief::known(wall)
            }
            Some(_) => line.belief(instant),
            None => {
                self.held = Some(Line::read(instant, wall));
                line.belief(instant)
            }
        }
    }

    /// Believes a held wall time that a time-stamp agrees with. Only for one that the line does not reach:
    /// an old time-stamp confirms nothing.
    fn confirms(&mut self, now: Now, remote: Timestamp) -> bool {
        let Some(held) = self.held else {
            return false;
        };
        let agrees = held
            .reach(now.instant())
            .abs_diff(remote.unix().as_millis())
            <= millis(Self::MAX_AHEAD);
        if agrees {
            self.line = Some(held);
            self.held = None;
        }
        agrees
    }
}

impl Line {
    const fn read(from: Instant, millis: u64) -> Self {
        Self {
            from,
            millis,
            read: true,
        }
    }

    fn age(self, instant: Instant) -> Duration {
        instant.saturating_since(self.from)
    }

    /// Wall time at `instant`, in milliseconds.
    #[cfg_attr(target_os = "none", inline(never))]
    fn reach(self, instant: Instant) -> u64 {
        let micros = instant.as_micros().saturating_sub(self.from.as_micros());
        let last = HybridClock::END.as_millis() - 1;
        self.millis.saturating_add(micros / 1000).min(last)
    }

    fn belief(self, instant: Instant) -> Belief {
        Belief {
            millis: self.reach(instant),
            known: self.read && self.age(instant) <= HybridClock::HOLDOVER,
        }
    }
}

impl Belief {
    const fn known(millis: u64) -> Self {
        Self {
            millis,
            known: true,
        }
    }

    /// The last wall time that a received time-stamp may have.
    fn limit(self) -> UnixMillis {
        let last = UnixMillis::new(HybridClock::END.as_millis() - 1);
        if self.known {
            UnixMillis::new(self.millis)
                .saturating_add(HybridClock::MAX_AHEAD)
                .min(last)
        } else {
            last
        }
    }
}

/// The wall time in `now` if it can be right at all, in milliseconds.
fn plausible(now: Now) -> Option<u64> {
    now.wall()
        .filter(|wall| (HybridClock::EARLIEST..HybridClock::END).contains(wall))
        .map(UnixMillis::as_millis)
}

/// A constant of seconds in milliseconds.
const fn millis(duration: Duration) -> u64 {
    duration.as_secs() * 1000
}

/// A time-stamp further in the future than can be; its writer has a wrong clock, or this device has.
///
/// ```
/// use gofarm_core::time::{Instant, UnixMillis};
/// use gofarm_crdt::clock::{HybridClock, Now};
/// use gofarm_crdt::Timestamp;
///
/// let mut clock = HybridClock::new();
/// let now = Now::new(Instant::ZERO, Some(UnixMillis::new(1_790_000_000_000)));
/// let early = Timestamp::at(UnixMillis::new(1_790_000_061_000));
/// assert!(clock.observe(now, early).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("time-stamp {stamp} is after {limit}, the last that can be believed now")]
pub struct AheadOfClock {
    /// The time-stamp that was refused.
    pub stamp: Timestamp,
    /// The last wall time that would not have been.
    pub limit: UnixMillis,
}

impl Classify for AheadOfClock {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests;
