//! What a recorder wants of its line, and what becomes of an exchange.

use super::Failure;
use crate::sdi12::reply::Answer;

/// What the line has to do; see [`Recorder::poll_transmit`](super::Recorder::poll_transmit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a driver has to do each of them")]
pub enum Transmit {
    /// Hold the line in the spacing state.
    Break,
    /// Let the line go.
    Mark,
    /// Send so many bytes of the buffer.
    Bytes(usize),
}

/// How an exchange ended; see [`Recorder::poll_event`](super::Recorder::poll_event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "an exchange ends so or so")]
pub enum Event {
    /// The reply, or the service request that was waited for.
    Answered(Answer),
    /// There was none, or none that fitted, however often the command was repeated.
    Failed(Failure),
}
