//! [`Debounce`]: a contact that has settled.

use core::time::Duration;

use gofarm_core::time::Instant;

/// A digital input that counts as changed once it has kept its new level for a time.
///
/// For float switches, end switches and buttons; pulses to be counted have their own way
/// ([`PulseCounter`](crate::sensor::pulse_counter::PulseCounter)), which takes the first edge and not the last. A level that was
/// seen for less than the window is never reported. What happens between two calls is not seen: call it at least twice
/// in a window, or on each edge and at [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::filter::Debounce;
///
/// let mut float_switch = Debounce::new(false, millis(200));
/// let at = Instant::from_millis;
/// assert_eq!(float_switch.update(at(0), true), None); // a wave
/// assert_eq!(float_switch.update(at(90), false), None);
/// assert_eq!(float_switch.update(at(300), true), None);
/// assert_eq!(float_switch.poll_timeout(), Some(at(500)));
/// assert_eq!(float_switch.update(at(500), true), Some(true)); // reported once
/// assert_eq!(float_switch.update(at(600), true), None);
/// assert!(float_switch.level());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    level: bool,
    window: Duration,
    /// Since when the input has had the other level.
    other_since: Option<Instant>,
}

impl Debounce {
    /// An input that has had `level` for long, and has to keep another one for `window`.
    #[must_use]
    pub const fn new(level: bool, window: Duration) -> Self {
        Self {
            level,
            window,
            other_since: None,
        }
    }

    /// Takes the level that the input has now; gives the new level when it has settled.
    pub fn update(&mut self, now: Instant, level: bool) -> Option<bool> {
        if level == self.level {
            self.other_since = None;
            return None;
        }
        let since = *self.other_since.get_or_insert(now);
        if now < since + self.window {
            return None;
        }
        self.level = level;
        self.other_since = None;
        Some(level)
    }

    /// The level that has settled.
    #[must_use]
    pub const fn level(&self) -> bool {
        self.level
    }

    /// When the input will have settled, if it keeps the level that it has now; `None` if it has settled.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.other_since.map(|since| since + self.window)
    }
}
