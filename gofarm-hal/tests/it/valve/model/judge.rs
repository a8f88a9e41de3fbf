//! The second opinion: what may be on, from nothing but what happened and what the pins show.

use core::time::Duration;

use gofarm_core::time::Instant;
use gofarm_hal::valve::{Confirm, Event, Fault};

use super::kinds::{Kind, MIN_OFF, SLOW_RETRY};

/// What an output does to the water.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing moves.
    Off,
    /// Current opens the valve.
    Opens,
    /// The valve closes, by current or by its spring.
    Closes,
    /// A spring opens it as nothing holds it.
    OpensByItself,
}

/// What has happened, as far as it matters.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    /// Until when the valve may be open.
    permission: Option<Instant>,
    /// Whether the run ends when the link is lost.
    is_live: bool,
    /// A close is due and not confirmed.
    is_due: bool,
    /// By when what closes has to be on.
    begins_by: Option<Instant>,
    /// Strokes that close since it is due.
    strokes: u16,
    /// When it was last closed, since the last reset.
    closed: Option<Instant>,
    is_reserve_ready: bool,
    /// Whether what was measured last says that it is closed.
    is_evident: bool,
    role: Option<Role>,
    /// The side that was on last, and when it went off.
    last: Option<(Role, Instant)>,
}

impl Judge {
    pub(super) fn new<K: Kind>(now: Instant) -> Self {
        Self {
            permission: None,
            is_live: false,
            is_due: true,
            begins_by: Some(now + K::BEGINS_WITHIN + K::DEAD_TIME),
            strokes: 0,
            closed: None,
            is_reserve_ready: false,
            is_evident: false,
            role: None,
            last: None,
        }
    }

    pub(super) fn permission(&self) -> Option<Instant> {
        self.permission
    }

    pub(super) fn begins_by(&self) -> Option<Instant> {
        self.begins_by
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    pub(super) fn role(&self) -> Option<Role> {
        self.role
    }

    pub(super) fn permitted(
        &mut self,
        run: Duration,
        is_live: bool,
        now: Instant,
    ) -> Result<(), String> {
        if self.is_due {
            return Err("opened though a close is not confirmed".into());
        }
        if !self.is_reserve_ready {
            return Err("opened without a reserve".into());
        }
        self.is_live = is_live || (self.is_live && self.permission.is_some());
        self.permission = Some(now + run);
        Ok(())
    }

    /// What opens has to go, and what closes has to come.
    pub(super) fn ended<K: Kind>(&mut self, now: Instant) {
        if self.permission.take().is_some() || !self.is_due {
            self.is_due = true;
            self.is_evident = false;
            self.strokes = 0;
            self.begins_by = Some(now + K::BEGINS_WITHIN);
        }
    }

    pub(super) fn link_lost<K: Kind>(&mut self, now: Instant) {
        if self.is_live && self.permission.is_some() {
            self.ended::<K>(now);
        }
    }

    pub(super) fn reserve<K: Kind>(&mut self, is_ready: bool, now: Instant) {
        self.is_reserve_ready = is_ready;
        if !is_ready && self.permission.is_some() {
            self.ended::<K>(now);
        }
    }

    pub(super) fn evidence(&mut self, says_closed: bool) {
        self.is_evident = says_closed;
    }

    /// All pins were off for a moment, and the valve starts anew.
    pub(super) fn reset<K: Kind>(&mut self, now: Instant) {
        let last = self.side_off(now);
        *self = Self::new::<K>(now);
        self.last = last;
    }

    /// Nobody knows what the pins do.
    pub(super) fn pins_failed<K: Kind>(&mut self, now: Instant) {
        if self.permission.is_some() {
            self.ended::<K>(now);
        }
        self.role = None;
        self.last = None;
        self.defer::<K>(now);
    }

    /// Nobody polled when the valve asked for it, so what is due begins late.
    pub(super) fn polled_late<K: Kind>(&mut self, now: Instant) {
        if let Some(by) = &mut self.begins_by {
            *by = (*by).max(now + K::BEGINS_WITHIN + K::DEAD_TIME);
        }
    }

    /// A fault gives what closes a pause.
    pub(super) fn defer<K: Kind>(&mut self, now: Instant) {
        if let Some(by) = &mut self.begins_by {
            *by = (*by).max(now + SLOW_RETRY + K::STROKE);
        }
    }

    pub(super) fn told<K: Kind>(&mut self, event: Event, now: Instant) -> Result<(), String> {
        match event {
            Event::Closing(_) => self.ended::<K>(now),
            Event::Failed(_) => {
                if self.permission.is_some() {
                    self.ended::<K>(now);
                } else if event != Event::Failed(Fault::Pin) {
                    self.strokes = self.strokes.saturating_sub(1);
                }
                self.defer::<K>(now);
            }
            Event::Closed(_) if K::CONFIRM == Confirm::Nothing => {
                return Err("confirmed by nothing".into());
            }
            Event::Unconfirmed(_) if K::CONFIRM != Confirm::Nothing => {
                return Err("given up though it can be confirmed".into());
            }
            Event::Closed(_) if !self.is_evident => return Err("closed without evidence".into()),
            Event::Unconfirmed(_) if self.strokes < K::STROKES => {
                return Err(format!("given up after {} strokes", self.strokes));
            }
            Event::Closed(_) | Event::Unconfirmed(_) => {
                if self.begins_by.is_some() {
                    return Err("closed without having been driven".into());
                }
                self.is_due = false;
                self.closed = Some(now);
            }
            _ => {}
        }
        Ok(())
    }

    /// The pins show something; looked at after every poll, and after what the valve tells.
    pub(super) fn shown<K: Kind>(&mut self, role: Role, now: Instant) -> Result<(), String> {
        if self.permission.is_some_and(|until| now >= until) {
            self.ended::<K>(now);
        }
        let before = self.role.replace(role);
        let opens = match role {
            Role::Opens => before != Some(Role::Opens),
            Role::OpensByItself => before == Some(Role::Closes) && self.permission.is_some(),
            Role::Off | Role::Closes => false,
        };
        if role == Role::Opens && self.permission.is_none() {
            return Err("what opens is on and nobody allows it".into());
        }
        if opens && self.closed.is_none_or(|closed| now < closed + MIN_OFF) {
            return Err("opened within the minimum off time".into());
        }
        if role == Role::Closes {
            self.begins_by = None;
            if before != Some(Role::Closes) || self.strokes == 0 {
                self.strokes = K::STROKES.min(self.strokes + 1);
            }
        }
        if role == Role::OpensByItself && self.permission.is_none() && self.begins_by.is_none() {
            self.is_due = true;
            self.begins_by = Some(now + SLOW_RETRY + K::STROKE);
        }
        if let Some(side) = before
            && side != role
            && matches!(side, Role::Opens | Role::Closes)
        {
            if matches!(role, Role::Opens | Role::Closes) && !K::DEAD_TIME.is_zero() {
                return Err("from one side to the other without a pause".into());
            }
            self.last = Some((side, now));
        }
        if let Some((side, off)) = self.last
            && matches!(role, Role::Opens | Role::Closes)
            && side != role
            && now < off + K::DEAD_TIME
        {
            return Err("the pause between the sides is too short".into());
        }
        Ok(())
    }

    fn side_off(&self, now: Instant) -> Option<(Role, Instant)> {
        match self.role {
            Some(side @ (Role::Opens | Role::Closes)) => Some((side, now)),
            _ => self.last,
        }
    }
}
