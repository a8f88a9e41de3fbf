//! The battery of the mast: charged by the day's sun, drained by what runs there.

use core::time::Duration;

use super::SLOT_HOURS;

/// What it holds when full, in Wh: three days of the mast alone.
const FULL: f64 = 1_200.0;
/// What a panel of 0.5 m² gives per MJ/m² of sun, in Wh: 1 kWh is 3.6 MJ, and 14 % of it arrive in the battery.
const PER_MEGAJOULE: f64 = 1_000.0 / 3.6 * 0.5 * 0.14;
/// What the mast draws idle, and with its processor busy on top of that, in W.
const IDLE: f64 = 15.0;
const BUSY: f64 = 10.0;
/// Below the one share it switches off, above the other on again.
const OFF: f64 = 0.05;
const ON: f64 = 0.3;

/// A battery with a panel and a load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Battery {
    charge: f64,
    is_on: bool,
}

impl Battery {
    pub(super) fn full() -> Self {
        Self {
            charge: FULL,
            is_on: true,
        }
    }

    /// A slot with `sun` in MJ/m², and a processor that is `busy` to this share.
    pub(super) fn step(&mut self, sun: f64, busy: f64) {
        let drawn = if self.is_on { IDLE + BUSY * busy } else { 0.0 };
        let charge = self.charge + sun * PER_MEGAJOULE - drawn * SLOT_HOURS;
        self.charge = charge.clamp(0.0, FULL);
        let threshold = if self.is_on { OFF } else { ON };
        self.is_on = self.charge >= threshold * FULL;
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// How long it lasts without any sun, with the mast as it draws idle.
    pub(super) fn lasts(&self) -> Duration {
        let left = (self.charge - OFF * FULL).max(0.0);
        Duration::from_secs_f64((left / IDLE * 3_600.0).round())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::hours;

    #[test]
    fn it_lasts_three_days_in_the_dark_and_comes_back_with_the_sun() {
        let mut battery = Battery::full();
        assert_eq!(battery.lasts(), hours(76));
        for _ in 0..76 * 4 {
            battery.step(0.0, 0.0);
        }
        assert!(battery.is_on());
        battery.step(0.0, 0.0);
        assert!(!battery.is_on());
        battery.step(10.0, 0.0);
        assert!(!battery.is_on(), "not before it holds some hours");
        battery.step(10.0, 0.0);
        assert!(battery.is_on());
    }
}
