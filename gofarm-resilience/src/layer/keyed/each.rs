//! Limits of which each key has its own: [`EachBucket`], [`EachBulkhead`].

use core::convert::Infallible;
use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::Owned;
use crate::policy::{
    Admission, Blueprint, Bulkhead, BulkheadPermit, ConfigError, Outcome, Policy, Reason, Rejected,
    TimeUse, TokenBucket, TokenBucketConfig,
};

/// A token bucket for each key.
///
/// See `RateLimitLayer::keyed`.
#[derive(Clone, Debug)]
pub struct EachBucket {
    config: TokenBucketConfig,
    /// What `config` holds when nothing is missing.
    burst: u32,
}

impl EachBucket {
    pub(in crate::layer) fn new(config: TokenBucketConfig) -> Result<Self, ConfigError> {
        let full = TokenBucket::<Owned>::new(&config)?;
        Ok(Self {
            config,
            burst: full.available(Instant::ZERO),
        })
    }
}

impl Blueprint for EachBucket {
    /// Never nothing: the configuration has been checked.
    type State = Option<TokenBucket>;
    type Permit = ();
    type Event = Infallible;

    const TIME: TimeUse = TimeUse::Admitting;

    fn start(&self, _: u64) -> Self::State {
        TokenBucket::new(&self.config).ok()
    }

    fn admit(&self, state: &Self::State, now: Instant) -> Admission<(), Infallible> {
        admission(state, now)
    }

    fn record(&self, _: &Self::State, (): (), _: Instant, _: Outcome) -> Option<Infallible> {
        None
    }

    fn cancel(&self, _: &Self::State, (): (), _: Instant) -> Option<Infallible> {
        None
    }

    /// A bucket that is full again is as good as a new one.
    fn may_forget(&self, state: &Self::State, now: Instant) -> bool {
        state
            .as_ref()
            .is_none_or(|bucket| bucket.available(now) >= self.burst)
    }
}

/// A bulkhead for each key.
///
/// See `BulkheadLayer::keyed`.
#[derive(Clone, Copy, Debug)]
pub struct EachBulkhead {
    permits: u32,
}

impl EachBulkhead {
    pub(in crate::layer) fn new(permits: u32) -> Result<Self, ConfigError> {
        Bulkhead::new(permits)?;
        Ok(Self { permits })
    }
}

impl Blueprint for EachBulkhead {
    /// Never nothing: the number of places has been checked.
    type State = Option<Bulkhead>;
    type Permit = BulkheadPermit;
    type Event = Infallible;

    const TIME: TimeUse = TimeUse::Never;

    fn start(&self, _: u64) -> Self::State {
        Bulkhead::new(self.permits).ok()
    }

    fn admit(&self, state: &Self::State, now: Instant) -> Admission<BulkheadPermit, Infallible> {
        admission(state, now)
    }

    fn record(
        &self,
        state: &Self::State,
        permit: BulkheadPermit,
        _: Instant,
        _: Outcome,
    ) -> Option<Infallible> {
        if let Some(bulkhead) = state {
            bulkhead.give_back(permit);
        }
        None
    }

    fn cancel(
        &self,
        state: &Self::State,
        permit: BulkheadPermit,
        now: Instant,
    ) -> Option<Infallible> {
        self.record(state, permit, now, Outcome::Neutral)
    }

    /// The table asks only for keys without calls under way: their places are all free.
    fn may_forget(&self, _: &Self::State, _: Instant) -> bool {
        true
    }
}

fn admission<P: Policy>(state: &Option<P>, now: Instant) -> Admission<P::Permit, Infallible> {
    let result = match state {
        Some(policy) => policy.try_acquire(now),
        None => Err(Rejected::new(Reason::Full, Duration::ZERO)),
    };
    Admission {
        result,
        event: None,
    }
}
