//! [`Failure`]: why an exchange gave no answer.

use gofarm_core::error::{Classify, Kind};

use crate::sdi12::reply::ReplyError;

/// Why an exchange ended without an answer, after all repetitions.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::sdi12::Failure;
///
/// let failure = Failure::NoReply { sends: 12 };
/// assert_eq!(failure.to_string(), "no sensor answered, though the command was sent 12 times");
/// assert_eq!(failure.kind(), Kind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// No sensor answered.
    #[error("no sensor answered, though the command was sent {sends} times")]
    NoReply {
        /// How often the command was sent.
        sends: u8,
    },
    /// The last reply was none to this command.
    #[error("{error}, though the command was sent {sends} times")]
    Reply {
        /// What was wrong with the last one.
        error: ReplyError,
        /// How often the command was sent.
        sends: u8,
    },
    /// The line did not say for a second and more that the command had left.
    #[error("the line did not take the command")]
    Stuck,
    /// The time for a service request is over. The measurement may be there all the same.
    #[error("no service request came in time")]
    NoService,
}

impl Classify for Failure {
    fn kind(&self) -> Kind {
        match self {
            Self::NoReply { .. } | Self::NoService => Kind::TimedOut,
            Self::Reply { error, .. } => error.kind(),
            Self::Stuck => Kind::Transient,
        }
    }
}
