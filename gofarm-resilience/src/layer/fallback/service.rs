//! The service: [`WithFallback`].

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;
use core::task::{Context, Poll};

use gofarm_core::error::Classify;
use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_service::Service;

use super::answers::LastAnswers;
use super::future::FallbackFuture;
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;
use crate::policy::{Answer, Fallback};

pub(super) struct Terms<F, Key, T, O, C> {
    pub(super) policy: Fallback,
    pub(super) cache: LastAnswers<F, Key, T>,
    pub(super) observer: O,
    pub(super) clock: C,
    pub(super) name: &'static str,
}

impl<F: Clone, Key, T, O: Clone, C: Clone> Clone for Terms<F, Key, T, O, C> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy,
            cache: self.cache.clone(),
            observer: self.observer.clone(),
            clock: self.clock.clone(),
            name: self.name,
        }
    }
}

/// A service that answers from what is known when a call fails; ready when the inner service is.
///
/// Made by [`FallbackLayer`](super::FallbackLayer).
pub struct WithFallback<S, F, Key, T, O = (), C = RuntimeClock> {
    inner: S,
    terms: Share<Terms<F, Key, T, O, C>>,
}

impl<S, F, Key, T, O, C> WithFallback<S, F, Key, T, O, C> {
    pub(super) const fn new(inner: S, terms: Share<Terms<F, Key, T, O, C>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, F, Key, O, C> Service<Request> for WithFallback<S, F, Key, S::Response, O, C>
where
    S: Service<Request>,
    S::Response: Clone,
    S::Error: Classify,
    F: Fn(&Request) -> Option<Key> + Clone,
    Key: Hash + Eq + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = Answer<S::Response>;
    type Error = S::Error;
    type Future = FallbackFuture<S::Future, F, Key, S::Response, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let key = self.terms.cache.key_of(&request);
        FallbackFuture::new(self.inner.call(request), key, Arc::clone(self.terms.lend()))
    }
}

impl<S: Clone, F, Key, T, O, C> Clone for WithFallback<S, F, Key, T, O, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, F, Key, T, O, C> fmt::Debug for WithFallback<S, F, Key, T, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithFallback")
            .field("inner", &self.inner)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
