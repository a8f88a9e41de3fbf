//! [`ModeMachine`]: one node's mode.

use gofarm_core::time::Instant;

use super::slope::Slope;
use super::{Cause, Mode, ModeConfig, ModeEvent, Moved};

/// One node's mode, without an allocation.
///
/// Hand it each load, then take its events until there are none. The times are expected to rise; one from before the last
/// counts as the last. It needs no timer: without a load nothing is known, and nothing moves.
#[derive(Clone, Copy, Debug)]
pub struct ModeMachine {
    config: ModeConfig,
    mode: Mode,
    now: Instant,
    /// When the last move was, or the start.
    moved_at: Instant,
    asked_at: Instant,
    slope: Slope,
    moved: Option<Moved>,
    asked: Option<ModeEvent>,
}

impl ModeMachine {
    /// A node in [`Mode::Balanced`].
    #[must_use]
    pub fn new(config: ModeConfig, now: Instant) -> Self {
        Self {
            config,
            mode: Mode::Balanced,
            now,
            moved_at: now,
            asked_at: now,
            slope: Slope::new(config.period, now),
            moved: None,
            asked: None,
        }
    }

    /// The mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Since when the node has been in its mode.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.moved_at
    }

    /// How steeply the load rises, in load a period: a line through the means of the last five full periods.
    ///
    /// `None` until there are five in a row in which a load was known.
    #[must_use]
    pub fn slope(&self) -> Option<f32> {
        self.slope.value()
    }

    /// Takes in the node's load by itself (0 to 1) and the spread of the loads of all nodes.
    ///
    /// `None` or NaN for a load that is not known: hand in no guess, not even a careful one, since replicas move by it. A
    /// spread of NaN counts as large.
    pub fn handle_load(&mut self, now: Instant, load: Option<f32>, spread: f32) {
        self.now = self.now.max(now);
        let Some(load) = load.filter(|load| !load.is_nan()) else {
            return;
        };
        let load = load.clamp(0.0, 1.0);
        self.slope.push(self.now, load);
        if let Some((to, cause)) = self.next(load, spread) {
            self.move_to(to, cause);
            self.ask(load);
        } else if self.now.saturating_since(self.asked_at) >= self.config.dwell {
            self.ask(load);
        }
    }

    /// The next event; ask until there is none.
    ///
    /// One that was not taken is overtaken by the next of its kind.
    pub fn poll_event(&mut self) -> Option<ModeEvent> {
        let moved = self.moved.take().map(ModeEvent::Moved);
        moved.or_else(|| self.asked.take())
    }

    fn next(&self, load: f32, spread: f32) -> Option<(Mode, Cause)> {
        let config = &self.config;
        let may_leave = self.now.saturating_since(self.moved_at) >= config.dwell;
        let slope = self.slope.value();
        match self.mode {
            Mode::Balanced | Mode::Predictive if load > config.trip_at => {
                Some((Mode::Breaker, Cause::Overloaded(load)))
            }
            _ if !may_leave => None,
            Mode::Breaker => {
                (load <= config.back_at).then_some((Mode::Balanced, Cause::Relieved(load)))
            }
            Mode::Balanced => slope
                .filter(|slope| *slope > config.slope_at)
                .map(|slope| (Mode::Predictive, Cause::Rising(slope))),
            Mode::Predictive => slope
                .filter(|slope| *slope <= config.slope_back && spread <= config.small_spread)
                .map(|slope| (Mode::Balanced, Cause::Settled(slope))),
        }
    }

    fn move_to(&mut self, to: Mode, cause: Cause) {
        let from = self.moved.map_or(self.mode, |moved| moved.from());
        self.moved = (from != to).then_some(Moved::new(from, to, cause));
        self.mode = to;
        self.moved_at = self.now;
        // What was asked for belongs to the mode that has ended.
        self.asked = None;
    }

    /// Asks for what the mode needs, if it still does.
    fn ask(&mut self, load: f32) {
        let config = &self.config;
        let event = match self.mode {
            Mode::Balanced => None,
            Mode::Breaker => (load > config.back_at).then_some(ModeEvent::MoveReplicas { load }),
            Mode::Predictive => self
                .slope
                .value()
                .filter(|slope| *slope > config.slope_at)
                .map(|slope| ModeEvent::ScaleCalled { slope }),
        };
        if event.is_some() {
            self.asked = event;
            self.asked_at = self.now;
        }
    }
}
