//! What a valve is told about the world.

use gofarm_core::command::Journal;
use gofarm_core::time::Instant;

use super::{Guard, Phase};
use crate::flow_meter::{Expected, Flow, FlowEvent};
use crate::valve::{Cause, Confirm, Drive, EndSwitches, Event, Position, Sense, Turns};

impl<D: Drive, J: Journal, S: Turns, const N: usize> Guard<D, J, S, N> {
    /// Takes the voltage of the store that closes the valve, in mV.
    ///
    /// At the lower limit it closes at once and does not open until the upper one is reached. The last reading counts
    /// until the next, so read it often.
    pub fn reserve(&mut self, millivolts: u16, now: Instant) {
        let now = self.tick(now);
        let Some(limits) = self.rules.reserve else {
            return;
        };
        if millivolts <= limits.low {
            if self.is_reserve_ready {
                self.is_reserve_ready = false;
                self.events.push(Event::ReserveLow { millivolts });
            }
            if matches!(self.phase, Phase::Opening { .. } | Phase::Open) {
                self.close_for(Cause::ReserveLow, now);
            }
        } else if millivolts >= limits.ready && !self.is_reserve_ready {
            self.is_reserve_ready = true;
            self.events.push(Event::ReserveReady);
        }
        self.watch_duty(now);
    }

    /// Takes what the meter of this valve alone shows.
    ///
    /// It confirms a close, ends a run by volume, and finds a leak and a blocked line. Without
    /// [`Config::flow`](crate::valve::Config::flow) only the volume counts.
    pub fn flow(&mut self, flow: Flow, now: Instant) {
        let now = self.tick(now);
        self.watch_duty(now);
        self.expect_flow(now);
        self.flow = Some((flow, now));
        if let Some(volume) = &mut self.volume {
            let start = *volume.start.get_or_insert(flow.volume);
            if flow.volume.saturating_sub(start) >= volume.limit {
                self.close_for(Cause::VolumeReached, now);
            }
        }
        let expected = self.expected();
        let found = self
            .watch
            .as_mut()
            .and_then(|watch| watch.update(flow.rate, expected, now));
        match found {
            Some(FlowEvent::Leak { rate }) => {
                self.events.push(Event::Leak { rate });
                self.close_for(Cause::Leak, now);
            }
            Some(FlowEvent::LeakEnded) => self.events.push(Event::LeakEnded),
            Some(FlowEvent::NoFlow { rate }) => self.events.push(Event::NoFlow { rate }),
            None => {}
        }
        self.watch_duty(now);
    }

    /// Takes the end switches of the valve.
    ///
    /// A stroke knows only what was read since it began, so that a reader that has died confirms nothing.
    ///
    /// Where they confirm a close, a valve that is found closed in a run ends it, and one that is found open though it
    /// was closed is closed again.
    pub fn end_switches(&mut self, switches: EndSwitches, now: Instant) {
        let now = self.tick(now);
        self.switches = Some(switches);
        self.drive.sense(Sense::EndSwitches(switches), now);
        if self.rules.confirm == Confirm::EndSwitch {
            match self.phase {
                Phase::Open if switches.position() == Some(Position::Closed) => {
                    // In a run of the lease this is no confirmation; the lease says to close once more.
                    if self.by_hand.is_some() {
                        self.close_for(Cause::FoundClosed, now);
                    } else {
                        self.lease.closed(now);
                    }
                }
                Phase::Closed(_) if switches.position() != Some(Position::Closed) => {
                    self.close_for(Cause::FoundOpen, now);
                }
                _ => {}
            }
        }
        self.watch_duty(now);
    }

    /// Takes the current through coil or motor, in mA; over its limit the output is off with the next poll.
    pub fn current(&mut self, milliamps: u16, now: Instant) {
        let now = self.tick(now);
        self.drive.sense(Sense::Current(milliamps), now);
    }

    /// Takes the voltage of the boost capacitor, in mV. Only what is read while it charges lets a pulse begin early.
    pub fn boost(&mut self, millivolts: u16, now: Instant) {
        let now = self.tick(now);
        self.drive.sense(Sense::Boost(millivolts), now);
    }

    fn expected(&self) -> Expected {
        match self.phase {
            Phase::Closed(_) => Expected::None,
            Phase::Open => Expected::Some,
            Phase::Opening { .. } | Phase::Closing(_) => Expected::Unknown,
        }
    }

    /// Tells the watch what to expect from now on.
    pub(super) fn expect_flow(&mut self, now: Instant) {
        let expected = self.expected();
        if let Some(watch) = &mut self.watch {
            watch.expect(expected, now);
        }
    }
}
