//! By when a request has to be answered: [`Fixed`], [`FromContext`] or [`Unlimited`].

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::context::Contextual;
use crate::deadline::Deadline;

mod sealed {
    #[expect(
        unnameable_types,
        reason = "deadlines belong to the layers of this crate"
    )]
    pub trait Sealed {}
}

/// By when a request that is called at `now` has to be answered; implemented for [`Fixed`],
/// [`FromContext`] and [`Unlimited`].
pub trait When<Request>: sealed::Sealed {
    /// The deadline, if there is one; the request takes it along.
    fn deadline(&self, request: &mut Request, now: Instant) -> Option<Deadline>;

    /// The least time that makes it worth to start, see [`FromContext`].
    fn at_least(&self) -> Duration;
}

/// No deadline at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unlimited;

impl sealed::Sealed for Unlimited {}

impl<Request> When<Request> for Unlimited {
    fn deadline(&self, _: &mut Request, _: Instant) -> Option<Deadline> {
        None
    }

    fn at_least(&self) -> Duration {
        Duration::ZERO
    }
}

/// A time-out: the same time for each call, from the call on.
///
/// See [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed(pub(super) Duration);

impl sealed::Sealed for Fixed {}

impl<Request> When<Request> for Fixed {
    fn deadline(&self, _: &mut Request, now: Instant) -> Option<Deadline> {
        Some(Deadline::after(now, self.0))
    }

    fn at_least(&self) -> Duration {
        Duration::ZERO
    }
}

/// The deadline in the request's [context](crate::context::CallContext).
///
/// See [`DeadlineLayer`](super::DeadlineLayer).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromContext {
    pub(super) at_most: Option<Duration>,
    pub(super) at_least: Duration,
    pub(super) reserve: Duration,
}

impl sealed::Sealed for FromContext {}

impl<Request: Contextual> When<Request> for FromContext {
    fn deadline(&self, request: &mut Request, now: Instant) -> Option<Deadline> {
        let given = request
            .deadline()
            .map(|deadline| deadline.sooner_by(self.reserve));
        let own = self.at_most.map(|most| Deadline::after(now, most));
        let deadline = match (given, own) {
            (Some(given), Some(own)) => given.earlier(own),
            (given, own) => given.or(own)?,
        };
        let context = request.context_mut();
        *context = core::mem::take(context).with_deadline(deadline);
        Some(deadline)
    }

    fn at_least(&self) -> Duration {
        self.at_least
    }
}
