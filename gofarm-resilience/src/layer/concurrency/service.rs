//! The service: [`ConcurrencyLimited`].

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;
use core::mem;
use core::task::{Context, Poll};
use core::time::Duration;

use gofarm_core::observe::Observer;
use tower_service::Service;

use super::future::ConcurrencyFuture;
use crate::layer::admission::CallError;
use crate::layer::{hashed, instrument};
use crate::policy::{Reason, Rejected};
use crate::semaphore::ShardedSemaphore;

#[derive(Clone)]
pub(super) struct Terms<F, O> {
    pub(super) semaphore: Arc<ShardedSemaphore>,
    pub(super) key: F,
    pub(super) most_waiting: usize,
    pub(super) observer: O,
    pub(super) name: &'static str,
}

/// A service whose calls wait for a place; always ready, unless the inner service has failed.
///
/// Made by [`ConcurrencyLayer`](super::ConcurrencyLayer).
pub struct ConcurrencyLimited<S, F, O = ()> {
    inner: S,
    /// Whether `inner` has said that it is ready and was not called since.
    ready: bool,
    terms: Arc<Terms<F, O>>,
}

impl<S, F, O> ConcurrencyLimited<S, F, O> {
    pub(super) const fn new(inner: S, terms: Arc<Terms<F, O>>) -> Self {
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

impl<S, Request, F, Key, O> Service<Request> for ConcurrencyLimited<S, F, O>
where
    S: Service<Request> + Clone,
    F: Fn(&Request) -> Key,
    Key: Hash,
    O: Observer,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = ConcurrencyFuture<S, Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let polled = self.inner.poll_ready(cx);
        self.ready = matches!(polled, Poll::Ready(Ok(())));
        match polled {
            Poll::Ready(result) => Poll::Ready(result.map_err(CallError::Inner)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let terms = &*self.terms;
        let semaphore = &terms.semaphore;
        let key = hashed(&(terms.key)(&request));
        let permit = Arc::clone(semaphore).try_acquire_owned(key);
        let ready = mem::take(&mut self.ready);
        match permit {
            Ok(permit) if ready => ConcurrencyFuture::made(self.inner.call(request), permit),
            Err(_) if semaphore.waiting() >= terms.most_waiting => {
                self.ready = ready;
                let rejected = Rejected::new(Reason::Full, Duration::ZERO);
                instrument::rejected(&terms.observer, terms.name, &rejected);
                ConcurrencyFuture::rejected(rejected)
            }
            permit => {
                let clone = self.inner.clone();
                let service = mem::replace(&mut self.inner, clone);
                match permit {
                    Ok(permit) => ConcurrencyFuture::readying(service, request, permit),
                    Err(_) => {
                        let acquire = Arc::clone(semaphore).acquire_owned(key);
                        ConcurrencyFuture::waiting(service, request, acquire)
                    }
                }
            }
        }
    }
}

impl<S: Clone, F, O> Clone for ConcurrencyLimited<S, F, O> {
    fn clone(&self) -> Self {
        // A clone of a ready service is not ready.
        Self::new(self.inner.clone(), Arc::clone(&self.terms))
    }
}

impl<S: fmt::Debug, F, O> fmt::Debug for ConcurrencyLimited<S, F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLimited")
            .field("inner", &self.inner)
            .field("semaphore", &self.terms.semaphore)
            .finish_non_exhaustive()
    }
}
