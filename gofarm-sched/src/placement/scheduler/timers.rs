//! What happens without being asked for.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::Scheduler;

/// In so many steps a slow start ends.
const STEPS: u32 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Reservation(u64),
    Estimates(u32),
    Stale(u32),
    Failures(u32),
    SlowStart(u32),
}

impl Scheduler {
    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Does what is due: reservations and estimates lapse, metrics become stale, failures are forgotten, slow starts
    /// go on.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(at, timer)) = self.agenda.first()
            && at <= now
        {
            self.agenda.pop_first();
            self.board.now = self.board.now.max(at);
            match timer {
                Timer::Reservation(number) => {
                    self.counts.lapsed += 1;
                    self.end(number);
                }
                Timer::Estimates(slot) => self.lapse_estimates(slot, at),
                Timer::Stale(slot) => {
                    if let Some(seat) = self.board.seat_mut(slot)
                        && seat.stale_timer == Some(at)
                    {
                        seat.stale_timer = None;
                        self.board.changed(slot);
                        self.watch_stale(slot);
                    }
                }
                Timer::Failures(slot) => self.halve_failures(slot, at),
                Timer::SlowStart(slot) => self.step(slot),
            }
        }
        self.board.now = self.board.now.max(now);
    }

    /// Sees to it that the node's estimates lapse in time.
    pub(super) fn watch_estimates(&mut self, slot: u32) {
        if let Some(seat) = self.board.seat_mut(slot)
            && seat.lapse_timer.is_none()
            && let Some(at) = seat.on_the_way.next_lapse()
        {
            seat.lapse_timer = Some(at);
            self.agenda.insert((at, Timer::Estimates(slot)));
        }
    }

    fn lapse_estimates(&mut self, slot: u32, now: Instant) {
        let Some(seat) = self.board.seat_mut(slot) else {
            return;
        };
        if seat.lapse_timer == Some(now) {
            seat.lapse_timer = None;
            seat.on_the_way.lapse(now);
            self.board.changed(slot);
            self.watch_estimates(slot);
        }
    }

    /// Sees to it that the node is looked at again when a metric becomes stale.
    pub(super) fn watch_stale(&mut self, slot: u32) {
        let next = self.board.rank.next_stale(slot);
        if let Some(seat) = self.board.seat_mut(slot)
            && seat.stale_timer.is_none()
            && let Some(at) = next.filter(|at| *at < Instant::FAR_FUTURE)
        {
            seat.stale_timer = Some(at);
            self.agenda.insert((at, Timer::Stale(slot)));
        }
    }

    fn halve_failures(&mut self, slot: u32, now: Instant) {
        let next = now + self.board.rules.half_life;
        let Some(seat) = self.board.seat_mut(slot) else {
            return;
        };
        if seat.halved_at != Some(now) {
            return;
        }
        seat.failures /= 2.0;
        if seat.failures < 1.0 / 16.0 {
            seat.failures = 0.0;
            seat.halved_at = None;
        } else {
            seat.halved_at = Some(next);
            self.agenda.insert((next, Timer::Failures(slot)));
        }
        self.board.changed(slot);
    }

    /// Begins a slow start, if there is such a thing.
    pub(super) fn start_slowly(&mut self, slot: u32) {
        let now = self.board.now;
        if self.board.rules.slow_start.is_zero() {
            return;
        }
        if let Some(seat) = self.board.seat_mut(slot) {
            let before = seat.came_back.replace(now);
            if before.is_none() {
                self.step(slot);
            }
        }
    }

    fn step(&mut self, slot: u32) {
        let (now, whole) = (self.board.now, self.board.rules.slow_start);
        let Some(seat) = self.board.seat_mut(slot) else {
            return;
        };
        let Some(since) = seat.came_back else {
            return;
        };
        let gone = now.saturating_since(since);
        let step = (whole / STEPS).max(Duration::from_micros(1));
        let next = now + step;
        if gone >= whole || next == Instant::FAR_FUTURE {
            seat.came_back = None;
            seat.slow = 0.0;
        } else {
            seat.slow = 0.5 * (1.0 - gone.as_secs_f32() / whole.as_secs_f32());
            self.agenda.insert((next, Timer::SlowStart(slot)));
        }
        self.board.changed(slot);
    }
}
