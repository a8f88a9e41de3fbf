//! Calls under way: [`FallbackFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::hash::Hash;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use gofarm_core::error::Classify;
use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use pin_project::pin_project;

use super::service::Terms;
use crate::layer::instrument;
use crate::policy::Answer;

/// The future of [`WithFallback`](super::WithFallback): the inner call, or what is known.
#[pin_project]
pub struct FallbackFuture<Fut, F, Key, T, O, C> {
    #[pin]
    call: Fut,
    /// Nothing if the answer is not to be kept.
    key: Option<Key>,
    terms: Arc<Terms<F, Key, T, O, C>>,
}

impl<Fut, F, Key, T, O, C> FallbackFuture<Fut, F, Key, T, O, C> {
    pub(super) const fn new(
        call: Fut,
        key: Option<Key>,
        terms: Arc<Terms<F, Key, T, O, C>>,
    ) -> Self {
        Self { call, key, terms }
    }
}

impl<Fut, F, Key, T, E, O, C> Future for FallbackFuture<Fut, F, Key, T, O, C>
where
    Fut: Future<Output = Result<T, E>>,
    T: Clone,
    E: Classify,
    Key: Hash + Eq + Clone,
    O: Observer,
    C: Clock,
{
    type Output = Result<Answer<T>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.call.poll(cx));
        let Some(key) = this.key else {
            return Poll::Ready(result.map(Answer::Fresh));
        };
        let terms = &**this.terms;
        let now = terms.clock.now();
        let answer = terms
            .cache
            .with(|table| terms.policy.answer(result, key, table, now));
        if answer.as_ref().is_ok_and(Answer::is_degraded) {
            instrument::counted(&terms.observer, &instrument::DEGRADED, terms.name);
        }
        Poll::Ready(answer)
    }
}

impl<Fut, F, Key, T, O, C> fmt::Debug for FallbackFuture<Fut, F, Key, T, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackFuture").finish_non_exhaustive()
    }
}
