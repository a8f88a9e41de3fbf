//! Which policy a call has to pass: [`Gate`], with [`Single`] for one policy for all calls.

use gofarm_core::observe::Observer;
use gofarm_core::time::Instant;

use super::Reporter;
use crate::policy::{Outcome, Policy, Rejected, TimeUse};

mod sealed {
    #[expect(unnameable_types, reason = "gates belong to the layers of this crate")]
    pub trait Sealed {}
}
pub(in crate::layer) use sealed::Sealed;

/// Where the permits of admitted calls are settled.
///
/// See [`Gate`].
pub trait Settle: Sealed {
    /// What an admitted call holds.
    type Permit;

    /// When it looks at the time; where it does not, no clock is read for it.
    const TIME: TimeUse;

    /// Settles a call that ended.
    fn record<O: Observer>(
        &self,
        permit: Self::Permit,
        now: Instant,
        outcome: Outcome,
        reporter: Reporter<'_, O>,
    );

    /// Settles a call that was given up.
    fn cancel<O: Observer>(&self, permit: Self::Permit, now: Instant, reporter: Reporter<'_, O>);
}

/// Admits requests or not: one policy for all, or a table with one for each key.
///
/// Implemented for what the layers of this crate hold. A policy of your own is a [`Policy`].
pub trait Gate<Request>: Settle {
    /// Asks for leave to make the call for this request.
    ///
    /// # Errors
    /// [`Rejected`]; nothing has to be settled then.
    fn try_acquire<O: Observer>(
        &self,
        request: &Request,
        now: Instant,
        reporter: Reporter<'_, O>,
    ) -> Result<Self::Permit, Rejected>;
}

/// One policy for all requests.
///
/// See [`AdmissionLayer`](super::AdmissionLayer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Single<P>(P);

impl<P> Single<P> {
    pub(super) const fn new(policy: P) -> Self {
        Self(policy)
    }

    /// The policy.
    pub const fn policy(&self) -> &P {
        &self.0
    }
}

impl<P> Sealed for Single<P> {}

impl<P: Policy> Settle for Single<P> {
    type Permit = P::Permit;

    const TIME: TimeUse = P::TIME;

    fn record<O: Observer>(
        &self,
        permit: P::Permit,
        now: Instant,
        outcome: Outcome,
        _: Reporter<'_, O>,
    ) {
        self.0.record(permit, now, outcome);
    }

    fn cancel<O: Observer>(&self, permit: P::Permit, now: Instant, _: Reporter<'_, O>) {
        self.0.cancel(permit, now);
    }
}

impl<P: Policy, Request> Gate<Request> for Single<P> {
    fn try_acquire<O: Observer>(
        &self,
        _: &Request,
        now: Instant,
        _: Reporter<'_, O>,
    ) -> Result<P::Permit, Rejected> {
        self.0.try_acquire(now)
    }
}
