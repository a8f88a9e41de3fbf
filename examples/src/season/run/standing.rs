//! [`Standing`]: how a party stands to the world: its power, its clock, its way to the broker.

use gofarm_core::time::UnixMillis;
use jiff::SignedDuration;

/// What is the matter with a gateway or the cloud.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// It has no power.
    pub(super) is_dark: bool,
    /// It knows that it has its connection to the broker.
    pub(super) is_linked: bool,
    /// For so many reasons it has no way to the broker.
    pub(super) cuts: u32,
    /// It does not know what time it is.
    pub(super) is_lost_in_time: bool,
    /// Its wall clock is ahead by so much, or behind.
    pub(super) ahead: SignedDuration,
}

impl Standing {
    /// What its wall clock says, when it is `true_wall`.
    pub(super) fn wall(&self, true_wall: UnixMillis) -> Option<UnixMillis> {
        if self.is_lost_in_time {
            return None;
        }
        let ahead = i64::try_from(self.ahead.as_millis()).unwrap_or(0);
        let shown = true_wall.as_millis().saturating_add_signed(ahead);
        Some(UnixMillis::new(shown))
    }
}
