//! What came of one request: [`Answer`].

use alloc::string::String;
use core::time::Duration;

/// What a receiver made of one request (OTLP specification 1.10, "OTLP/gRPC Response" and "OTLP/HTTP Response").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It took everything.
    Accepted,
    /// It took all but some, which are not sent again.
    Partial {
        /// Items that it did not take.
        rejected: u64,
        /// Its words for a person; empty if it had none.
        message: String,
    },
    /// It takes nothing now: HTTP 429, 502, 503 or 504, or a status of gRPC that says so.
    Retry {
        /// How long it wants to be left alone, if it said so.
        after: Option<Duration>,
    },
    /// It will never take this: any other status.
    Refused {
        /// The status of HTTP, or of gRPC where that is the transport.
        status: u16,
        /// Its words for a person; empty if it had none.
        message: String,
    },
    /// It is more than the receiver takes in one request: HTTP 413.
    TooLarge,
    /// No answer: no route, no name, no connection, or it was lost. What was sent may have arrived.
    Unreachable,
    /// No answer in time. What was sent may have arrived.
    TimedOut,
}
