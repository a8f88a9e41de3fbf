//! Policies: plain values that decide whether a call may go out, and learn how it ended.
//!
//! Two verbs: [`try_acquire`](Policy::try_acquire) and [`record`](Policy::record). Time comes in as an argument;
//! nothing waits, allocates or reads a clock. A call that was admitted holds a permit, a token without `Drop`,
//! that must be settled: by `record` with its [`Outcome`], or by `cancel` if the call never ended.

mod adaptive;
mod blueprint;
pub mod breaker;
mod budget;
mod bulkhead;
mod config_error;
mod fallback;
pub mod health;
mod hedge;
mod kinds;
mod outcome;
mod rejected;
mod retry;
pub mod sliding_window;
mod time_use;
mod token_bucket;

pub use adaptive::{Aimd, AimdConfig, Gradient, GradientConfig, LimitPermit};
#[cfg(target_has_atomic = "64")]
pub use adaptive::{SharedAimd, SharedGradient};
pub use blueprint::{Admission, Blueprint};
pub use budget::{Budget, BudgetConfig};
#[cfg(target_has_atomic = "64")]
pub use bulkhead::SharedBulkhead;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
pub(crate) use bulkhead::shards;
#[cfg(feature = "alloc")]
pub use bulkhead::{AtShard, ShardPermit, ShardedBulkhead};
pub use bulkhead::{Bulkhead, BulkheadPermit};
pub use config_error::ConfigError;
#[cfg(feature = "alloc")]
pub use fallback::StaleTable;
pub use fallback::{Answer, Cache, Fallback, Slot, Stale};
#[cfg(target_has_atomic = "64")]
pub use hedge::SharedHedge;
pub use hedge::{Hedge, HedgeConfig, Idempotence};
pub use kinds::Kinds;
pub use outcome::Outcome;
pub use rejected::{Reason, Rejected};
#[cfg(target_has_atomic = "64")]
pub use retry::SharedRetry;
pub use retry::{Attempts, Backoff, Decision, GiveUp, Jitter, Retry, RetryConfig};
pub use time_use::TimeUse;
#[cfg(target_has_atomic = "64")]
pub use token_bucket::SharedTokenBucket;
pub use token_bucket::{Rate, TokenBucket, TokenBucketConfig};

use gofarm_core::time::Instant;

/// What every policy that admits calls has in common; the Layers are written for it.
///
/// A rejection is never a reason to wait inside: it says when to come back, and the caller decides.
pub trait Policy {
    /// What an admitted call holds until it is settled.
    type Permit;

    /// When it looks at the time. Where it does not, it must take any instant for `now`.
    const TIME: TimeUse = TimeUse::Always;

    /// Asks for leave to make one call.
    ///
    /// # Errors
    /// [`Rejected`], with the reason and the time to wait; nothing has to be settled then.
    fn try_acquire(&self, now: Instant) -> Result<Self::Permit, Rejected>;

    /// Settles a call that ended.
    fn record(&self, permit: Self::Permit, now: Instant, outcome: Outcome);

    /// Settles a call that was given up before it ended.
    fn cancel(&self, permit: Self::Permit, now: Instant);
}

impl<P: Policy> Policy for &P {
    type Permit = P::Permit;

    const TIME: TimeUse = P::TIME;

    fn try_acquire(&self, now: Instant) -> Result<Self::Permit, Rejected> {
        (**self).try_acquire(now)
    }

    fn record(&self, permit: Self::Permit, now: Instant, outcome: Outcome) {
        (**self).record(permit, now, outcome);
    }

    fn cancel(&self, permit: Self::Permit, now: Instant) {
        (**self).cancel(permit, now);
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<P: Policy> Policy for alloc::sync::Arc<P> {
    type Permit = P::Permit;

    const TIME: TimeUse = P::TIME;

    fn try_acquire(&self, now: Instant) -> Result<Self::Permit, Rejected> {
        (**self).try_acquire(now)
    }

    fn record(&self, permit: Self::Permit, now: Instant, outcome: Outcome) {
        (**self).record(permit, now, outcome);
    }

    fn cancel(&self, permit: Self::Permit, now: Instant) {
        (**self).cancel(permit, now);
    }
}
