//! [`Quarantine`]: the units that may still answer something that nobody waits for any more.

use gofarm_core::time::Instant;

use crate::modbus::Unit;

/// Units that are not to be asked before an instant; beyond four of them, nobody is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quarantine {
    units: [(Unit, Instant); 4],
    /// For all units: what did not fit.
    all: Instant,
}

impl Quarantine {
    pub(super) const fn new() -> Self {
        Self {
            units: [(Unit::BROADCAST, Instant::ZERO); 4],
            all: Instant::ZERO,
        }
    }

    /// Keeps `unit` from being asked before `until`.
    pub(super) fn add(&mut self, unit: Unit, until: Instant) {
        let same = self.units.iter().position(|(known, _)| *known == unit);
        let place = match same {
            Some(index) => self.units.get_mut(index),
            None => self.units.iter_mut().min_by_key(|(_, until)| *until),
        };
        if let Some(place) = place {
            if place.0 != unit {
                self.all = self.all.max(place.1);
                *place = (unit, until);
            }
            place.1 = place.1.max(until);
        }
    }

    /// From when on `unit` may be asked.
    pub(super) fn ends(&self, unit: Unit) -> Instant {
        let of_unit = self.units.iter().find(|(known, _)| *known == unit);
        of_unit.map_or(self.all, |(_, until)| self.all.max(*until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unit_is_forgotten_before_its_time() {
        let mut quarantine = Quarantine::new();
        for unit in 1..=9 {
            quarantine.add(Unit(unit), Instant::from_secs(u64::from(unit)));
            for known in 1..=unit {
                assert!(quarantine.ends(Unit(known)) >= Instant::from_secs(u64::from(known)));
            }
        }
        assert_eq!(quarantine.ends(Unit(100)), Instant::from_secs(5));
        quarantine.add(Unit(9), Instant::from_secs(1));
        assert_eq!(quarantine.ends(Unit(9)), Instant::from_secs(9));
    }
}
