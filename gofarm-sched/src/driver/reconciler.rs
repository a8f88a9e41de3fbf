//! [`Reconciler`]: what brings one thing into its wanted state.

use core::future::Future;

use gofarm_core::error::Classify;

use crate::reconcile::Outcome;

/// Looks at one thing as it is now, and does what is missing.
///
/// It must be able to end at any `await` and to run again from the start: it is dropped when it takes too long or is
/// cancelled. Functions from a key to a future are reconcilers.
///
/// See [`Controller`](super::Controller) for an example.
pub trait Reconciler<K>: Send + Sync + 'static {
    /// What it fails with; its kind decides whether it is tried again.
    type Error: Classify + Send + 'static;

    /// One look at the thing with this key; never runs twice at once for one key.
    fn reconcile(&self, key: K) -> impl Future<Output = Result<Outcome, Self::Error>> + Send;
}

impl<K, F, Fut, E> Reconciler<K> for F
where
    F: Fn(K) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Outcome, E>> + Send,
    E: Classify + Send + 'static,
{
    type Error = E;

    fn reconcile(&self, key: K) -> impl Future<Output = Result<Outcome, E>> + Send {
        self(key)
    }
}
