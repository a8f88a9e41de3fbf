//! A policy for each key of a request: [`Keyed`].

mod each;

pub use each::{EachBucket, EachBulkhead};

use alloc::sync::Arc;
use core::convert::Infallible;
use core::fmt;
use core::hash::{BuildHasher, Hash};
use std::hash::RandomState;

use gofarm_core::observe::Observer;
use gofarm_core::time::Instant;
use tower_layer::Layer;

use super::admission::{AdmissionLayer, Event, Gate, KeyedGuarded, Reporter, Sealed, Settle};
use super::share::Share;
use crate::keyed::{SharedKeyed, SharedPermit};
use crate::policy::{Blueprint, Outcome, Rejected, TimeUse};

/// How many keys a keyed Layer has room for unless it is given a table.
pub(super) const KEYS: usize = 100_000;

/// A table with a policy for each key, and how to find the key of a request.
///
/// Made by the constructors called `keyed` of the Layers.
pub struct Keyed<F, Key, B: Blueprint, H = RandomState> {
    table: Arc<SharedKeyed<Key, B, H>>,
    key: F,
}

impl<F, Key, B: Blueprint, H> Keyed<F, Key, B, H> {
    pub(super) const fn new(key: F, table: Arc<SharedKeyed<Key, B, H>>) -> Self {
        Self { table, key }
    }
}

impl<F, Key: Hash + Eq + Clone, B: Blueprint + Clone> Keyed<F, Key, B> {
    /// A table of its own, with room for [`KEYS`].
    pub(super) fn of(key: F, blueprint: &B) -> Self {
        let same = || Ok::<_, Infallible>(blueprint.clone());
        match SharedKeyed::with_hasher(KEYS, RandomState::new(), same) {
            Ok(table) => Self::new(key, Arc::new(table)),
            Err(never) => match never {},
        }
    }
}

impl<F, Key, B: Blueprint, H, K, O, C> AdmissionLayer<Keyed<F, Key, B, H>, K, O, C> {
    /// The table, to look at the policy of a key or to change it while calls go on.
    pub const fn table(&self) -> &Arc<SharedKeyed<Key, B, H>> {
        &self.terms().gate.table
    }
}

impl<F, Key, B: Blueprint, H> Sealed for Keyed<F, Key, B, H> {}

impl<F, Key, B, H> Settle for Keyed<F, Key, B, H>
where
    Key: Hash + Eq + Clone,
    B: Blueprint,
    B::Event: Event,
    H: BuildHasher + Clone,
{
    type Permit = SharedPermit<B::Permit>;

    const TIME: TimeUse = B::TIME;

    fn record<O: Observer>(
        &self,
        permit: Self::Permit,
        now: Instant,
        outcome: Outcome,
        reporter: Reporter<'_, O>,
    ) {
        if let Some(event) = self.table.record(permit, now, outcome) {
            reporter.event(&event);
        }
    }

    fn cancel<O: Observer>(&self, permit: Self::Permit, now: Instant, reporter: Reporter<'_, O>) {
        if let Some(event) = self.table.cancel(permit, now) {
            reporter.event(&event);
        }
    }
}

impl<F, Key, B, H, Request> Gate<Request> for Keyed<F, Key, B, H>
where
    F: Fn(&Request) -> Key,
    Key: Hash + Eq + Clone,
    B: Blueprint,
    B::Event: Event,
    H: BuildHasher + Clone,
{
    fn try_acquire<O: Observer>(
        &self,
        request: &Request,
        now: Instant,
        reporter: Reporter<'_, O>,
    ) -> Result<Self::Permit, Rejected> {
        let admission = self.table.admit(&(self.key)(request), now);
        if let Some(event) = admission.event {
            reporter.event(&event);
        }
        admission.result
    }
}

impl<S, F, Key, B, H, K, O, C> Layer<S> for AdmissionLayer<Keyed<F, Key, B, H>, K, O, C>
where
    F: Clone,
    B: Blueprint,
    K: Clone,
    O: Clone,
    C: Clone,
{
    type Service = KeyedGuarded<S, Keyed<F, Key, B, H>, K, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        KeyedGuarded::new(inner, Share::new(self.terms().clone()))
    }
}

impl<F: Clone, Key, B: Blueprint, H> Clone for Keyed<F, Key, B, H> {
    fn clone(&self) -> Self {
        Self {
            table: Arc::clone(&self.table),
            key: self.key.clone(),
        }
    }
}

impl<F, Key, B: Blueprint, H> fmt::Debug for Keyed<F, Key, B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}
