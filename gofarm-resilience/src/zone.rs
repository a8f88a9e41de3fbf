//! Zones: most calls to the near one, some to the others, and all to the standby when the rest is down.
//!
//! A farm's service runs in two or three zones. Near is cheap, but a far zone that gets no calls is one that nobody
//! knows to work: so 70 of 100 calls go to the near zone and 30 elsewhere. Drawing lots for each call sends runs of
//! calls to one zone by chance. Here the choice is a counter times the golden ratio, read as a place on a ring that
//! is divided by the weights: any run of calls is spread as evenly as the weights allow (Weyl's sequence; see the
//! three-gap theorem), and choosing is one addition for all tasks.
//!
//! A zone that is [drained](ZoneState::Draining) or [down](ZoneState::Down) gets no new calls from that moment; its
//! share goes to the others by their weights. Standby zones are used only while no other zone is up.

mod choice;

use core::fmt;

use crate::memory::{Memory, Owned, Word};
use crate::policy::ConfigError;
use choice::place_of;

/// A zone's weight, and whether it stands by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Zone {
    weight: u32,
    standby: bool,
}

impl Zone {
    /// A zone that gets calls by its weight; 0 to 1 000 000, where 0 is none.
    #[must_use]
    pub const fn active(weight: u32) -> Self {
        Self {
            weight,
            standby: false,
        }
    }

    /// A zone that gets calls only while no active zone is up.
    #[must_use]
    pub const fn standby(weight: u32) -> Self {
        Self {
            weight,
            standby: true,
        }
    }
}

/// How a zone is; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ZoneState {
    /// Gets calls.
    Up,
    /// Gets no new calls; those under way may end.
    Draining,
    /// Gets no calls.
    Down,
}

impl ZoneState {
    /// Whether it gets new calls.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up)
    }

    /// The state in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Draining => "draining",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for ZoneState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Chooses a zone for each call, by weights, without clumps.
///
/// Zones are numbered as they were given. All start up. Up to 32 zones.
///
/// ```
/// use gofarm_resilience::zone::{Zone, ZoneState, Zones};
///
/// let zones = Zones::new([Zone::active(70), Zone::active(30), Zone::standby(1)])?;
/// let mut calls = [0; 3];
/// for _ in 0..1_000 {
///     if let Some(zone) = zones.choose() {
///         calls[zone] += 1;
///     }
/// }
/// assert_eq!(calls, [699, 301, 0]);
///
/// zones.set(0, ZoneState::Down);
/// zones.set(1, ZoneState::Draining);
/// assert_eq!(zones.choose(), Some(2));
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Zones<const N: usize, M: Memory = Owned> {
    zones: [Zone; N],
    /// Two bits a zone; see [`bits`].
    states: M::Word,
    calls: M::Word,
}

/// Zones that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedZones<const N: usize> = Zones<N, crate::memory::Shared>;

const WEIGHT_MAX: u32 = 1_000_000;

impl<const N: usize> Zones<N> {
    /// Zones for one owner.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none or more than 32, or the weights break their rule.
    pub fn new(zones: [Zone; N]) -> Result<Self, ConfigError> {
        Self::with_zones(zones)
    }

    /// Zones that tasks share.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    #[cfg(target_has_atomic = "64")]
    pub fn shared(zones: [Zone; N]) -> Result<SharedZones<N>, ConfigError> {
        Zones::with_zones(zones)
    }
}

impl<const N: usize, M: Memory> Zones<N, M> {
    /// Zones in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none or more than 32, or the weights break their rule.
    pub fn with_zones(zones: [Zone; N]) -> Result<Self, ConfigError> {
        if N == 0 || N > 32 {
            return Err(ConfigError::new("zones", "from 1 to 32"));
        }
        if zones.iter().any(|zone| zone.weight > WEIGHT_MAX) {
            return Err(ConfigError::new("weight", "from 0 to 1000000"));
        }
        if zones.iter().all(|zone| zone.standby || zone.weight == 0) {
            return Err(ConfigError::new("weight", "above 0 for an active zone"));
        }
        Ok(Self {
            zones,
            states: M::Word::new(0),
            calls: M::Word::new(0),
        })
    }

    /// The zone for the next call; `None` while no zone with a weight is up.
    #[must_use]
    pub fn choose(&self) -> Option<usize> {
        let states = self.states.load();
        let up = |zone: usize| state_of(states, zone).is_up();
        let total = |standby| self.total(standby, up);
        let (standby, total) = match total(false) {
            0 => (true, total(true)),
            active => (false, active),
        };
        if total == 0 {
            return None;
        }
        let mut place = place_of(self.calls.add(1), total);
        for (number, zone) in self.zones.iter().enumerate() {
            let weight = u64::from(zone.weight);
            if zone.standby != standby || !up(number) {
                continue;
            }
            if place < weight {
                return Some(number);
            }
            place -= weight;
        }
        None
    }

    /// Changes how a zone is, for every choice from now on. A number that no zone has changes nothing.
    pub fn set(&self, zone: usize, state: ZoneState) {
        if zone >= N {
            return;
        }
        let changed = self
            .states
            .update(|states| Some(states & !bits(zone, 3) | bits(zone, code(state))));
        debug_assert!(changed.is_ok(), "a state is never refused");
    }

    /// How a zone is; `None` for a number that no zone has.
    #[must_use]
    pub fn state(&self, zone: usize) -> Option<ZoneState> {
        (zone < N).then(|| state_of(self.states.load(), zone))
    }

    fn total(&self, standby: bool, up: impl Fn(usize) -> bool) -> u64 {
        self.zones
            .iter()
            .enumerate()
            .filter(|(number, zone)| zone.standby == standby && up(*number))
            .map(|(_, zone)| u64::from(zone.weight))
            .sum()
    }
}

const fn code(state: ZoneState) -> u64 {
    match state {
        ZoneState::Up => 0,
        ZoneState::Draining => 1,
        ZoneState::Down => 2,
    }
}

const fn bits(zone: usize, code: u64) -> u64 {
    code << (2 * zone)
}

const fn state_of(states: u64, zone: usize) -> ZoneState {
    match states >> (2 * zone) & 3 {
        0 => ZoneState::Up,
        1 => ZoneState::Draining,
        _ => ZoneState::Down,
    }
}
