//! What an answer says about the other side: [`Classifier`], [`ByKind`] and [`ByStatus`].

use gofarm_core::error::Classify;

use crate::policy::Outcome;

/// Tells a policy how a call ended.
///
/// Any function from the result to an [`Outcome`] is one; [`ByKind`] is the default.
///
/// ```
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::layer::Classifier;
///
/// // A Modbus exception "busy" comes as an answer; it counts as a failure all the same.
/// let busy_is_failure = |result: &Result<u8, ()>| match result {
///     Ok(0x06) | Err(()) => Outcome::Failure,
///     Ok(_) => Outcome::Success,
/// };
/// assert_eq!(busy_is_failure.outcome(&Ok(0x06)), Outcome::Failure);
/// ```
pub trait Classifier<T, E> {
    /// The outcome of a call that ended with this result.
    fn outcome(&self, result: &Result<T, E>) -> Outcome;
}

impl<T, E, F: Fn(&Result<T, E>) -> Outcome> Classifier<T, E> for F {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}

/// Classifies by the [kind](gofarm_core::error::Kind) of the error, see [`Outcome::of`]; every answer is a success.
///
/// What a Layer further in rejected before it went out says nothing about the other side: it is neutral.
///
/// ```
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::layer::{ByKind, CallError, Classifier};
/// use gofarm_resilience::policy::{Reason, Rejected};
/// use std::io;
///
/// type Answer = Result<(), CallError<io::Error>>;
/// let lost: Answer = Err(CallError::Inner(io::ErrorKind::ConnectionReset.into()));
/// assert_eq!(ByKind.outcome(&lost), Outcome::Failure);
/// let not_sent: Answer = Err(CallError::Rejected(Rejected::new(Reason::Full, Default::default())));
/// assert_eq!(ByKind.outcome(&not_sent), Outcome::Neutral);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByKind;

impl<T, E: Classify> Classifier<T, E> for ByKind {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        Outcome::of(result)
    }
}

/// Classifies HTTP answers by their status, and errors by their kind.
///
/// Statuses 500 to 599, 408 and 429 are failures: the other side cannot, or not now. Other statuses from 400 on
/// are neutral: the request was wrong (RFC 9110, section 15.5). The rest are successes.
///
/// ```
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::layer::{ByStatus, Classifier};
///
/// for (status, outcome) in [(204, Outcome::Success), (404, Outcome::Neutral), (503, Outcome::Failure)] {
///     let answer = http::Response::builder().status(status).body(())?;
///     assert_eq!(ByStatus.outcome(&Ok::<_, std::io::Error>(answer)), outcome);
/// }
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByStatus;

impl<B, E: Classify> Classifier<http::Response<B>, E> for ByStatus {
    fn outcome(&self, result: &Result<http::Response<B>, E>) -> Outcome {
        match result {
            Ok(response) => match response.status().as_u16() {
                408 | 429 | 500.. => Outcome::Failure,
                400.. => Outcome::Neutral,
                _ => Outcome::Success,
            },
            Err(error) => Outcome::of_error(error),
        }
    }
}
