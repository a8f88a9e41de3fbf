//! Watches the valve from outside and trusts nobody's own word.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::CommandId;
use gofarm_core::time::Instant;

use super::state::FieldState;

/// Knows when water must have stopped and how often each command took effect, and what was
/// committed of the field's state.
#[derive(Debug, Default)]
pub(super) struct Referee {
    /// When a running node has to drive the close at the latest.
    due: Option<Instant>,
    longest_past: Duration,
    longest_close: Duration,
    effects: BTreeMap<CommandId, u32>,
    /// What the flow meter counted, in litres, and the last reading of each probe.
    litres: u64,
    readings: BTreeMap<u8, f32>,
    damaged: u32,
}

/// Knows what gateways must have told the cloud, and what was found damaged or settled anywhere.
#[derive(Debug, Default)]
pub(super) struct FarmReferee {
    dispatched: u64,
    /// Power cuts of a gateway after which something committed was missing.
    pub(super) damaged: u32,
    /// Conflicts that were settled.
    pub(super) settled: u64,
}

impl FarmReferee {
    /// A gateway has made a dispatch durable.
    pub(super) fn dispatched(&mut self) {
        self.dispatched += 1;
    }

    /// Dispatches that must have arrived.
    pub(super) fn dispatches(&self) -> u64 {
        self.dispatched
    }
}

impl Referee {
    /// A node has accepted a command with this lease.
    pub(super) fn leased(&mut self, now: Instant, lease: Duration) {
        self.due = Some(now + lease);
    }

    /// A node has started: it does not know what it did before, so it has to close at once.
    pub(super) fn started(&mut self, now: Instant) {
        self.due = Some(now);
    }

    /// A node has lost power or hangs: it can drive nothing.
    pub(super) fn stopped(&mut self, now: Instant) {
        self.check(now);
        self.due = None;
    }

    /// The close is driven.
    pub(super) fn close_driven(&mut self, now: Instant) {
        self.check(now);
        self.due = None;
    }

    /// Water has stopped, `delay` after it was due.
    pub(super) fn closed(&mut self, delay: Duration) {
        self.longest_close = self.longest_close.max(delay);
    }

    /// Water flows for this command.
    pub(super) fn opened(&mut self, id: CommandId) {
        *self.effects.entry(id).or_default() += 1;
    }

    /// The valve's node has committed a count of its flow meter.
    pub(super) fn committed_litres(&mut self, litres: u64) {
        self.litres += litres;
    }

    /// The gateway has committed good readings of these probes.
    pub(super) fn committed_readings(&mut self, readings: &[(u8, f32)]) {
        self.readings.extend(readings.iter().copied());
    }

    /// A side is back from a power cut, and has all that it had committed or not.
    pub(super) fn restored(&mut self, is_whole: bool) {
        self.damaged += u32::from(!is_whole);
    }

    /// Power cuts after which something committed was missing.
    pub(super) fn damaged(&self) -> u32 {
        self.damaged
    }

    /// Whether a side has all that was committed anywhere.
    pub(super) fn is_complete(&self, field: &FieldState) -> bool {
        let has = |(probe, water): (&u8, &f32)| field.water.get(probe) == Some(water);
        field.litres.value() == self.litres && self.readings.iter().all(has)
    }

    /// Takes note of how long a close is due and not driven; call it at every event.
    pub(super) fn check(&mut self, now: Instant) {
        if let Some(due) = self.due {
            self.longest_past = self.longest_past.max(now.saturating_since(due));
        }
    }

    /// The longest time past a lease without the close being driven.
    pub(super) fn longest_past(&self) -> Duration {
        self.longest_past
    }

    /// The longest time from a close being due to the water having stopped.
    pub(super) fn longest_close(&self) -> Duration {
        self.longest_close
    }

    /// Commands that took effect, and those that did so more than once.
    pub(super) fn effects(&self) -> (usize, usize) {
        let twice = self.effects.values().filter(|&&n| n > 1).count();
        (self.effects.len(), twice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::secs;

    #[test]
    fn a_close_that_comes_late_is_seen() {
        let mut referee = Referee::default();
        referee.leased(Instant::from_secs(10), secs(60));
        referee.check(Instant::from_secs(70));
        assert_eq!(referee.longest_past(), secs(0));
        referee.close_driven(Instant::from_secs(75));
        assert_eq!(referee.longest_past(), secs(5));
        referee.check(Instant::from_secs(500));
        assert_eq!(referee.longest_past(), secs(5));
    }

    #[test]
    fn a_command_that_takes_effect_twice_is_seen() {
        let mut referee = Referee::default();
        for id in [1, 2, 2] {
            referee.opened(CommandId::new([id; 16]));
        }
        assert_eq!(referee.effects(), (2, 1));
    }
}
