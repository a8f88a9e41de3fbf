//! Which results are failures, and of which kind: [`Judge`], [`Failure`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::layer::classifier::{ByKind, ByStatus};

/// What a retry, or a meter, has to know about a failure.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_core::time::secs;
/// use gofarm_resilience::layer::Failure;
///
/// let busy = Failure::new(Kind::Overloaded).retry_after(secs(2));
/// assert_eq!(Classify::retry_after(&busy), Some(secs(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    retry_after: Option<Duration>,
    sent: bool,
}

impl Failure {
    /// A failure of this kind, of a call that may have reached the other side.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            retry_after: None,
            sent: true,
        }
    }

    /// What an error says about itself.
    pub fn of(error: &impl Classify) -> Self {
        Self {
            kind: error.kind(),
            retry_after: error.retry_after(),
            sent: error.was_sent(),
        }
    }

    /// This failure, where the other side asks for this much time.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

impl Classify for Failure {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn was_sent(&self) -> bool {
        self.sent
    }
}

/// Tells whether a result is a failure, and of which kind.
///
/// [`ByKind`] takes each error for a failure and no answer. Any function of the result is a judge too, for protocols
/// that say "busy" in an answer. [`ByStatus`] reads the status of HTTP answers: 408 and 504 are timed out; 429 and 503
/// overloaded, with the seconds of `retry-after` if it has them; 500 and 502 transient; other statuses from 500 on
/// permanent; from 400 on invalid.
///
/// ```
/// use gofarm_core::error::Kind;
/// use gofarm_resilience::layer::{Failure, Judge};
///
/// let busy = |result: &Result<u16, std::io::Error>| match result {
///     Ok(503) => Some(Failure::new(Kind::Overloaded)),
///     Ok(_) => None,
///     Err(error) => Some(Failure::of(error)),
/// };
/// assert_eq!(busy.failure(&Ok(200)), None);
/// assert_eq!(busy.failure(&Ok(503)), Some(Failure::new(Kind::Overloaded)));
/// ```
///
/// ```
/// use gofarm_core::error::Kind;
/// use gofarm_core::time::secs;
/// use gofarm_resilience::layer::{ByStatus, Failure, Judge};
///
/// let answer = http::Response::builder().status(503).header("retry-after", "30").body(())?;
/// let failure = ByStatus.failure(&Ok::<_, std::io::Error>(answer));
/// assert_eq!(failure, Some(Failure::new(Kind::Overloaded).retry_after(secs(30))));
/// # Ok::<(), http::Error>(())
/// ```
pub trait Judge<T, E> {
    /// The failure, if the result is one.
    fn failure(&self, result: &Result<T, E>) -> Option<Failure>;
}

impl<T, E: Classify> Judge<T, E> for ByKind {
    fn failure(&self, result: &Result<T, E>) -> Option<Failure> {
        result.as_ref().err().map(Failure::of)
    }
}

impl<B, E: Classify> Judge<http::Response<B>, E> for ByStatus {
    fn failure(&self, result: &Result<http::Response<B>, E>) -> Option<Failure> {
        let response = match result {
            Ok(response) => response,
            Err(error) => return Some(Failure::of(error)),
        };
        let kind = match response.status().as_u16() {
            ..400 => return None,
            408 | 504 => Kind::TimedOut,
            429 | 503 => Kind::Overloaded,
            500 | 502 => Kind::Transient,
            501.. => Kind::Permanent,
            400.. => Kind::Invalid,
        };
        let failure = Failure::new(kind);
        Some(match retry_after(response.headers()) {
            Some(wait) if kind == Kind::Overloaded => failure.retry_after(wait),
            _ => failure,
        })
    }
}

/// The seconds of `retry-after`; its other form, a date, would need wall time (RFC 9110, section 10.2.3).
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

impl<T, E, F: Fn(&Result<T, E>) -> Option<Failure>> Judge<T, E> for F {
    fn failure(&self, result: &Result<T, E>) -> Option<Failure> {
        self(result)
    }
}
