//! What a watch listens to and how patient it is: [`WatchOptions`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::millis;

use crate::state::FieldName;

/// A prefix of names of states, and what may be changed about the usual watch; made from the prefix alone.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_crdt::FieldName;
/// use gofarm_crdt::watch::WatchOptions;
///
/// let usual: WatchOptions = "valve-control/".into();
/// let slow = WatchOptions::new("valve-control/")
///     .held_for(millis(1_000))
///     .never_held(FieldName::new("emergency_stop"))
///     .with_capacity(100);
/// assert_eq!((usual.hold(), usual.capacity()), (millis(100), 1_000));
/// assert!(slow.holds(FieldName::new("open")) && !slow.holds(FieldName::new("emergency_stop")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "options do nothing before they are given to a replica"]
pub struct WatchOptions {
    prefix: Box<str>,
    hold: Duration,
    never_held: Vec<u16>,
    capacity: usize,
}

impl WatchOptions {
    /// How long changes of one key are merged unless told otherwise: 100 ms. An eye sees no difference,
    /// and 10 events in a second for one key are what a screen or an upload can follow.
    pub const HOLD: Duration = millis(100);

    /// How many keys may wait unless told otherwise: 1 000, about 100 kB.
    pub const CAPACITY: usize = 1_000;

    /// All states whose names start with `prefix`; the empty prefix is all there are.
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            hold: Self::HOLD,
            never_held: Vec::new(),
            capacity: Self::CAPACITY,
        }
    }

    /// Merges the changes of a key for so long; zero tells each commit's changes at once.
    pub const fn held_for(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Tells every change of this field at once: for what concerns safety.
    ///
    /// It is known by its number alone, in every state under the prefix. A name that no state has is not
    /// noticed: take it from the struct's [`FIELDS`](crate::Replicated::FIELDS) or test it.
    pub fn never_held(mut self, field: FieldName) -> Self {
        if self.holds(field) {
            self.never_held.push(field.number());
        }
        self
    }

    /// Lets so many keys wait, at least 1; one more, and they are dropped for a resync.
    pub const fn with_capacity(mut self, keys: usize) -> Self {
        self.capacity = if keys == 0 { 1 } else { keys };
        self
    }

    /// What the names of its states start with.
    #[must_use]
    pub const fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How long the changes of a key are merged.
    #[must_use]
    pub const fn hold(&self) -> Duration {
        self.hold
    }

    /// How many keys may wait.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether changes of a field are held.
    #[must_use]
    pub fn holds(&self, field: FieldName) -> bool {
        self.holds_number(field.number())
    }

    pub(crate) fn holds_number(&self, field: u16) -> bool {
        !self.never_held.contains(&field)
    }
}

impl From<&str> for WatchOptions {
    fn from(prefix: &str) -> Self {
        Self::new(prefix)
    }
}
