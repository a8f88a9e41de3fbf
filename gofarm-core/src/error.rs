//! What a failure means to the policy above it: [`Kind`] and [`Classify`].
//!
//! A breaker, a retry or a scheduler has to act on the errors of drivers that it has never heard of. Matching on
//! concrete types would tie every policy to every driver, so each error answers one question instead, as
//! `embedded_hal::digital::Error::kind` does one level below.
//!
//! ```
//! use gofarm_core::error::{Classify, Kind};
//!
//! #[derive(Debug)]
//! enum ModbusError { Timeout, IllegalAddress }
//!
//! impl Classify for ModbusError {
//!     fn kind(&self) -> Kind {
//!         match self {
//!             ModbusError::Timeout => Kind::TimedOut,
//!             ModbusError::IllegalAddress => Kind::Permanent,
//!         }
//!     }
//! }
//!
//! assert!(ModbusError::Timeout.kind().is_retryable());
//! assert!(!ModbusError::IllegalAddress.kind().is_retryable());
//! ```

use core::convert::Infallible;
use core::fmt;
use core::time::Duration;

/// What kind of failure an error is; every caller may match it fully.
///
/// ```
/// use gofarm_core::error::Kind;
///
/// let retryable: Vec<&str> =
///     Kind::ALL.iter().filter(|kind| kind.is_retryable()).map(|kind| kind.as_str()).collect();
/// assert_eq!(retryable, ["transient", "overloaded", "timed_out"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// It may work when tried again: a lost frame, a link that is down.
    Transient,
    /// It will not work however often it is tried: no such register, a broken probe.
    Permanent,
    /// The other side, or a limit of our own, asks for less: queue full, quota used up, breaker open.
    Overloaded,
    /// No answer in time; the effect is unknown.
    TimedOut,
    /// What was asked or received breaks a contract; the caller is at fault.
    Invalid,
    /// The caller gave up before the end.
    Cancelled,
}

impl Kind {
    /// All kinds, in the order of declaration.
    pub const ALL: [Self; 6] = [
        Self::Transient,
        Self::Permanent,
        Self::Overloaded,
        Self::TimedOut,
        Self::Invalid,
        Self::Cancelled,
    ];

    /// Whether the same call may succeed later without being changed.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Transient | Self::Overloaded | Self::TimedOut)
    }

    /// The kind's name in lower case, for labels: `timed_out`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed_out",
            Self::Invalid => "invalid",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that can say what kind of failure it is.
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::error::{Classify, Kind};
///
/// struct QueueFull { drains_in: Duration }
/// impl Classify for QueueFull {
///     fn kind(&self) -> Kind { Kind::Overloaded }
///     fn retry_after(&self) -> Option<Duration> { Some(self.drains_in) }
/// }
///
/// // What a policy sees of it, without knowing the type.
/// fn wait(error: &dyn Classify) -> Option<Duration> {
///     error.kind().is_retryable().then(|| error.retry_after().unwrap_or_default())
/// }
/// assert_eq!(wait(&QueueFull { drains_in: Duration::from_secs(2) }), Some(Duration::from_secs(2)));
/// ```
pub trait Classify {
    /// The kind of this failure.
    fn kind(&self) -> Kind;

    /// How long to wait before trying again, where the failure knows it.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Whether the call may have reached the other side; true unless the failure knows better.
    ///
    /// What never went out says nothing about the other side, and repeating it repeats no effect.
    fn was_sent(&self) -> bool {
        true
    }
}

impl<E: Classify + ?Sized> Classify for &E {
    fn kind(&self) -> Kind {
        (**self).kind()
    }

    fn retry_after(&self) -> Option<Duration> {
        (**self).retry_after()
    }

    fn was_sent(&self) -> bool {
        (**self).was_sent()
    }
}

impl Classify for Infallible {
    fn kind(&self) -> Kind {
        match *self {}
    }
}

#[cfg(feature = "std")]
impl Classify for std::io::Error {
    fn kind(&self) -> Kind {
        use std::io::ErrorKind as Io;
        match Self::kind(self) {
            Io::TimedOut | Io::WouldBlock => Kind::TimedOut,
            Io::InvalidInput | Io::InvalidData => Kind::Invalid,
            Io::NotFound | Io::PermissionDenied | Io::AlreadyExists | Io::Unsupported => {
                Kind::Permanent
            }
            Io::StorageFull | Io::OutOfMemory | Io::QuotaExceeded | Io::ResourceBusy => {
                Kind::Overloaded
            }
            _ => Kind::Transient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lower_case() {
        for (i, a) in Kind::ALL.iter().enumerate() {
            assert!(
                a.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            for b in &Kind::ALL[i + 1..] {
                assert_ne!(a.as_str(), b.as_str());
            }
        }
    }

    #[test]
    fn only_failures_that_can_pass_are_retryable() {
        assert!(Kind::TimedOut.is_retryable());
        assert!(!Kind::Invalid.is_retryable());
        assert!(!Kind::Cancelled.is_retryable());
    }
}
