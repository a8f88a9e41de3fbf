//! Services that ask before they call: [`Guarded`] and [`KeyedGuarded`].

use core::fmt;
use core::mem;
use core::task::{Context, Poll};

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_service::Service;

use super::error::CallError;
use super::future::{CallFuture, KeyedCallFuture};
use super::gate::Gate;
use super::guard::{Guard, Terms};
use crate::layer::classifier::{ByKind, Classifier};
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;

/// A service behind one policy for all calls.
///
/// It is ready when the inner service is: the policy never makes it wait. The policy is asked in `call`, and a
/// rejection is the error of the future. A rejected call does not use up the readiness of the inner service.
///
/// Made by [`AdmissionLayer`](super::AdmissionLayer).
pub struct Guarded<S, G, K = ByKind, O = (), C = RuntimeClock> {
    inner: S,
    terms: Share<Terms<G, K, O, C>>,
}

impl<S, G, K, O, C> Guarded<S, G, K, O, C> {
    pub(in crate::layer) const fn new(inner: S, terms: Share<Terms<G, K, O, C>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, G, K, O, C> Service<Request> for Guarded<S, G, K, O, C>
where
    S: Service<Request>,
    G: Gate<Request> + Clone,
    K: Classifier<S::Response, S::Error> + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = CallFuture<S::Future, G, K, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(CallError::Inner)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match Guard::admit(self.terms.lend(), &request) {
            Ok(guard) => CallFuture::admitted(self.inner.call(request), guard),
            Err(rejected) => CallFuture::rejected(rejected),
        }
    }
}

impl<S: Clone, G, K, O, C> Clone for Guarded<S, G, K, O, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, G, K, O, C> fmt::Debug for Guarded<S, G, K, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("inner", &self.inner)
            .field("layer", &self.terms.name)
            .finish_non_exhaustive()
    }
}

/// A service behind a policy for each key.
///
/// It is always ready, unless the inner service has failed: which policy a call has to pass is known only when the
/// request is there, and a caller whose device is cut off must get its rejection at once even while the inner
/// service is busy with other devices. An admitted call waits for the inner service in its future: a service
/// that is not ready is moved there with its place in whatever queue it is in, and a clone of it stays
/// here. So the layer passes no back-pressure on; what waits is bounded by the policies, or by a bulkhead.
///
/// Made by [`AdmissionLayer`](super::AdmissionLayer).
pub struct KeyedGuarded<S, G, K = ByKind, O = (), C = RuntimeClock> {
    inner: S,
    /// Whether `inner` has said that it is ready and was not called since.
    ready: bool,
    terms: Share<Terms<G, K, O, C>>,
}

impl<S, G, K, O, C> KeyedGuarded<S, G, K, O, C> {
    pub(in crate::layer) const fn new(inner: S, terms: Share<Terms<G, K, O, C>>) -> Self {
        Self {
            inner,
            ready: false,
            terms,
        }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, G, K, O, C> Service<Request> for KeyedGuarded<S, G, K, O, C>
where
    S: Service<Request> + Clone,
    G: Gate<Request> + Clone,
    K: Classifier<S::Response, S::Error> + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = KeyedCallFuture<S, Request, G, K, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let polled = self.inner.poll_ready(cx);
        self.ready = matches!(polled, Poll::Ready(Ok(())));
        match polled {
            Poll::Ready(result) => Poll::Ready(result.map_err(CallError::Inner)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match Guard::admit(self.terms.lend(), &request) {
            Ok(guard) if mem::take(&mut self.ready) => {
                KeyedCallFuture::admitted(self.inner.call(request), guard)
            }
            Ok(guard) => {
                let clone = self.inner.clone();
                let waiting = mem::replace(&mut self.inner, clone);
                KeyedCallFuture::waiting(waiting, request, guard)
            }
            Err(rejected) => KeyedCallFuture::rejected(rejected),
        }
    }
}

impl<S: Clone, G, K, O, C> Clone for KeyedGuarded<S, G, K, O, C> {
    fn clone(&self) -> Self {
        // A clone of a ready service is not ready.
        Self::new(self.inner.clone(), self.terms.clone())
    }
}

impl<S: fmt::Debug, G, K, O, C> fmt::Debug for KeyedGuarded<S, G, K, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedGuarded")
            .field("inner", &self.inner)
            .field("layer", &self.terms.name)
            .finish_non_exhaustive()
    }
}
