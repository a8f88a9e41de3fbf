//! [`Stale`] values and the [`Answer`] that says whether a value is one.

use core::time::Duration;

/// A value that was right when it was kept, and how long ago that was.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::policy::Stale;
///
/// let level = Stale::new(1.8, secs(40));
/// assert_eq!((*level.value(), level.age()), (1.8, secs(40)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a stale value says how old it is: look before it decides anything"]
pub struct Stale<T> {
    value: T,
    age: Duration,
}

impl<T> Stale<T> {
    /// A value of this age.
    pub const fn new(value: T, age: Duration) -> Self {
        Self { value, age }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// How long ago it was kept.
    #[must_use]
    pub const fn age(&self) -> Duration {
        self.age
    }

    /// The value without its age.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The value changed, of the same age.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stale<U> {
        Stale {
            value: change(self.value),
            age: self.age,
        }
    }
}

/// An answer that says whether it is degraded; match it fully.
///
/// ```
/// use gofarm_resilience::policy::Answer;
///
/// let answer = Answer::Substitute("auto irrigation is paused");
/// assert!(answer.is_degraded());
/// assert_eq!(answer.age(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "an answer may be degraded"]
pub enum Answer<T> {
    /// What the other side answered now.
    Fresh(T),
    /// What it answered before: degraded.
    Stale(Stale<T>),
    /// What we say in its place: degraded, and of no age.
    Substitute(T),
}

impl<T> Answer<T> {
    /// Whether it is anything but fresh.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        !matches!(self, Self::Fresh(_))
    }

    /// The value, whatever it is.
    pub const fn value(&self) -> &T {
        match self {
            Self::Fresh(value) | Self::Substitute(value) => value,
            Self::Stale(stale) => stale.value(),
        }
    }

    /// The value without what is said about it.
    #[must_use]
    pub fn into_value(self) -> T {
        match self {
            Self::Fresh(value) | Self::Substitute(value) => value,
            Self::Stale(stale) => stale.into_value(),
        }
    }

    /// How old a stale value is; zero for a fresh one, `None` for a substitute.
    #[must_use]
    pub const fn age(&self) -> Option<Duration> {
        match self {
            Self::Fresh(_) => Some(Duration::ZERO),
            Self::Stale(stale) => Some(stale.age()),
            Self::Substitute(_) => None,
        }
    }
}
