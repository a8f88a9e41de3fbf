//! [`Config`]: how long, how often, how many.

use core::time::Duration;

use gofarm_core::time::secs;

use crate::journal::Limits;

/// How a [`DoubleWrite`](super::DoubleWrite) tries and how much it holds.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_crdt::double_write::Config;
///
/// let config = Config::new().tell_after(secs(60));
/// assert_eq!(config, Config::default().tell_after(secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) first_delay: Duration,
    pub(super) longest_delay: Duration,
    pub(super) tell_after: Duration,
    pub(super) limits: Limits,
    pub(super) remembered: usize,
}

impl Config {
    /// Tries again after 2 s, then 3, 4.5, ... up to 60 s, each 20 % more or less at random; tells a person after
    /// 300 s; holds 10 000 writes of 4 MiB in all; remembers the last 10 000 settled ids.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first_delay: secs(2),
            longest_delay: secs(60),
            tell_after: secs(300),
            limits: Limits::new(),
            remembered: 10_000,
        }
    }

    /// Waits `first` after the first failure, half as much again after each further one, at most `longest`.
    #[must_use]
    pub const fn delays(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// Tells a person about a write that is not settled `time` after it was begun.
    #[must_use]
    pub const fn tell_after(mut self, time: Duration) -> Self {
        self.tell_after = time;
        self
    }

    /// Holds so many writes that are not settled, of so many bytes.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Remembers the last `ids` settled writes, to tell a repeated one from a new one. A repetition that comes
    /// later is written again, which the two sides' own memory of ids must stop.
    #[must_use]
    pub const fn remember(mut self, ids: usize) -> Self {
        self.remembered = ids;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
