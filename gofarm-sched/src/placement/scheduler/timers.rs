//! What happens without being asked for.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::Scheduler;
use super::claims::Held;

/// In so many steps a slow start ends.
const STEPS: u32 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Estimates(u32),
    Failures(u32),
    SlowStart(u32),
}

impl Scheduler {
    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timer = self.agenda.first().map(|(at, _)| *at);
        let lapse = self.lapses.front().map(|(at, _)| *at);
        let stale = self.board.table.next_expiry();
        [timer, lapse, stale].into_iter().flatten().min()
    }

    /// Does what is due: reservations and estimates lapse, metrics become stale, failures are forgotten, slow starts
    /// go on.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(at) = self.poll_timeout()
            && at <= now
        {
            self.board.advance(at);
            if let Some(&(due, number)) = self.lapses.front()
                && due <= at
            {
                self.lapses.pop_front();
                self.counts.lapsed += 1;
                self.end(number);
            }
            if let Some(&(due, timer)) = self.agenda.first()
                && due <= at
            {
                self.agenda.pop_first();
                match timer {
                    Timer::Estimates(slot) => self.lapse_estimates(slot, due),
                    Timer::Failures(slot) => self.halve_failures(slot, due),
                    Timer::SlowStart(slot) => self.step(slot),
                }
            }
        }
        self.board.advance(now);
    }

    /// Sees to it that the first of the lapses is of a claim that is reserved.
    pub(super) fn tidy_lapses(&mut self) {
        while let Some((_, number)) = self.lapses.front()
            && !self.held.get(number).is_some_and(Held::is_reserved)
        {
            self.lapses.pop_front();
        }
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
        let Some((seat, table)) = self.board.seat_and_table(slot) else {
            return;
        };
        if seat.lapse_timer == Some(now) {
            seat.lapse_timer = None;
            seat.on_the_way.lapse((table, slot), now);
            self.board.weigh();
            self.watch_estimates(slot);
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
