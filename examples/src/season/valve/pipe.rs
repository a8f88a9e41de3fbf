//! [`Pipe`]: the pipe that a valve is mounted in, its water and its flow meter.

use core::time::Duration;

use gofarm_core::time::Instant;

/// What flows through the open valve, in ml/min: 10 mm/h on 0.36 ha.
const FLOW: u32 = 600_000;

/// A main upstream, and a latching valve: it stays as it is until it is driven, and may stick.
#[derive(Debug)]
pub(super) struct Pipe {
    grip: Grip,
    /// The main upstream lets water through.
    is_main_open: bool,
    /// The valve is open, and until when its water was measured.
    open: Option<Instant>,
    /// Since when the valve has been driven to close without effect.
    driven: Option<Instant>,
    /// Time with water since the last [`Pipe::take_flow`].
    flowed: Duration,
    /// Time with water that the flow meter counted since the last [`Pipe::take_metered`].
    metered: Duration,
    /// Time with water while the valve was driven to close and did not.
    stuck: Duration,
}

/// Whether the valve moves when it is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grip {
    Loose,
    /// The first close finds it stuck, for so long.
    Sticks(Duration),
    Stuck {
        until: Instant,
    },
}

impl Pipe {
    /// A closed valve, with the main open.
    pub(super) fn new() -> Self {
        Self {
            grip: Grip::Loose,
            is_main_open: true,
            open: None,
            driven: None,
            flowed: Duration::ZERO,
            metered: Duration::ZERO,
            stuck: Duration::ZERO,
        }
    }

    pub(super) fn open(&mut self, at: Instant) {
        self.open = Some(at);
    }

    /// Drives the valve to close. Whether no water flows then; a pulse that `misses` moves nothing.
    pub(super) fn close(&mut self, now: Instant, misses: impl FnOnce() -> bool) -> bool {
        if self.is_flowing() {
            let driven = *self.driven.get_or_insert(now);
            if let Grip::Sticks(holds) = self.grip {
                self.grip = Grip::Stuck { until: now + holds };
            }
            if self.is_stuck(now) || misses() {
                return false;
            }
            self.stuck += now.saturating_since(driven);
        }
        self.measure(now);
        self.open = None;
        self.driven = None;
        true
    }

    /// The main is opened or closed.
    pub(super) fn set_main(&mut self, now: Instant, is_open: bool) {
        self.measure(now);
        if self.is_flowing()
            && !is_open
            && let Some(driven) = self.driven.take()
        {
            self.stuck += now.saturating_since(driven);
        }
        self.is_main_open = is_open;
    }

    /// The next close finds the valve stuck for so long, or it comes loose.
    pub(super) fn set_sticking(&mut self, holds: Option<Duration>) {
        self.grip = holds.map_or(Grip::Loose, Grip::Sticks);
    }

    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        matches!(self.grip, Grip::Stuck { until } if now < until)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether water runs: the valve and the main are open.
    pub(super) fn is_flowing(&self) -> bool {
        self.is_open() && self.is_main_open
    }

    /// What the main's flow meter reads, in ml/min.
    pub(super) fn flow(&self) -> u32 {
        if self.is_flowing() { FLOW } else { 0 }
    }

    /// Lets the water run up to now.
    pub(super) fn measure(&mut self, now: Instant) {
        if let Some(since) = &mut self.open {
            let time = now.saturating_since(*since);
            if self.is_main_open {
                self.flowed += time;
                self.metered += time;
            }
            *since = now;
        }
    }

    /// Nobody drives the valve or reads its flow meter: the node stops, or has been down until now.
    pub(super) fn unattended(&mut self, now: Instant) {
        self.measure(now);
        self.metered = Duration::ZERO;
        self.driven = None;
    }

    /// Time with water since the last call.
    pub(super) fn take_flow(&mut self, now: Instant) -> Duration {
        self.measure(now);
        core::mem::take(&mut self.flowed)
    }

    /// Whole seconds with water that the flow meter has counted; the rest is left for the next call.
    pub(super) fn take_metered(&mut self, now: Instant) -> u64 {
        self.measure(now);
        let seconds = self.metered.as_secs();
        self.metered -= Duration::from_secs(seconds);
        seconds
    }

    /// Time with water while the valve was driven to close and did not.
    pub(super) fn stuck(&self) -> Duration {
        self.stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::secs;

    const AT: [Instant; 4] = [
        Instant::from_secs(10),
        Instant::from_secs(20),
        Instant::from_secs(30),
        Instant::from_secs(40),
    ];

    #[test]
    fn water_runs_until_a_close_takes_effect() {
        let mut pipe = Pipe::new();
        pipe.open(AT[0]);
        pipe.set_sticking(Some(secs(15)));
        assert!(!pipe.close(AT[1], || false), "it sticks until 35 s");
        assert!(!pipe.close(AT[2], || false));
        assert!(pipe.close(AT[3], || false));
        assert_eq!(pipe.take_flow(AT[3]), secs(30));
        assert_eq!(pipe.stuck(), secs(20));
    }

    #[test]
    fn a_closed_main_stops_the_water_and_lets_any_close_pass() {
        let mut pipe = Pipe::new();
        pipe.open(AT[0]);
        assert!(!pipe.close(AT[1], || true));
        pipe.set_main(AT[2], false);
        assert!(!pipe.is_flowing() && pipe.is_open());
        assert!(pipe.close(AT[3], || true));
        assert_eq!((pipe.take_flow(AT[3]), pipe.stuck()), (secs(20), secs(10)));
    }

    #[test]
    fn what_runs_while_nobody_reads_the_meter_is_not_metered() {
        let mut pipe = Pipe::new();
        pipe.open(AT[0]);
        assert_eq!(pipe.take_metered(AT[1]), 10);
        pipe.unattended(AT[2]);
        assert_eq!(pipe.take_metered(AT[3]), 10);
        assert_eq!(pipe.take_flow(AT[3]), secs(30));
    }
}
