//! Layers: the policies in a tower stack.
//!
//! A policy of this crate is a plain value that is asked before a call and told how it ended. A Layer does the
//! asking and telling for each call of a service, and settles the permit of a call that is given up. What they
//! have in common:
//!
//! - A rejecting Layer never makes anybody wait: it is ready when the inner service is, and a rejection is the
//!   error of the future, with the time after which to come back. A Layer keyed by the request is ready even while
//!   the inner service is not, so an open breaker answers at once.
//! - Readiness is never lost. A rejected call leaves the inner service as ready as it was; a service that has
//!   to go into the future is replaced by a clone and goes there as it is.
//! - A future may be dropped at any point: the inner call goes first, then its permit is settled as
//!   cancelled.
//! - No boxes and no allocations for a call: futures are structs. A table allocates for keys that it meets for the
//!   first time, and a service that is called again and again takes, once, a copy of what its layer was given (observer,
//!   clock, classifier; policies stay shared), so that threads with a clone each do not write to one count.
//! - The time is that of [`RuntimeClock`], or of the clock given to the Layer. It is read only where the policy
//!   [looks at it](crate::policy::Policy::TIME): never for a bulkhead, once a call for a rate limit, twice for a breaker.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use gofarm_core::time::{minutes, secs};
//! use gofarm_resilience::context::{CallContext, Contextual};
//! use gofarm_resilience::layer::{
//!     BreakerLayer, BulkheadLayer, DeadlineLayer, FallbackLayer, LastAnswers,
//! };
//! use gofarm_resilience::policy::breaker::Breaker;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! #[derive(Default)]
//! struct Request { device: u32, context: CallContext }
//!
//! impl Contextual for Request {
//!     fn context(&self) -> Option<&CallContext> { Some(&self.context) }
//!     fn context_mut(&mut self) -> &mut CallContext { &mut self.context }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! let client = service_fn(async |request: Request| Ok::<_, std::io::Error>(request.device));
//! let cache = LastAnswers::new(100_000, |r: &Request| Some(r.device))?;
//! let mut modbus = ServiceBuilder::new()
//!     .layer(FallbackLayer::stale(cache, minutes(15))?)
//!     .layer(BreakerLayer::keyed(|r: &Request| r.device, Breaker::consecutive(3).open_for(secs(30)).half_open(1))?)
//!     .layer(BulkheadLayer::sharded(64, 16, |r: &Request| r.device)?)
//!     .layer(DeadlineLayer::from_context())
//!     .service(client);
//! match modbus.ready().await?.call(Request { device: 7, ..Request::default() }).await {
//!     Ok(answer) => assert_eq!((answer.is_degraded(), *answer.value()), (false, 7)),
//!     Err(error) => println!("come back after {:?}", error.retry_after()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).map_err(|error| error.to_string())?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Signals of all Layers are listed in [`INSTRUMENTS`]; a Layer emits them to the observer that it was given, under its
//! name.

mod adaptive;
mod admission;
mod breaker;
mod bulkhead;
mod carry;
mod classifier;
mod clock;
mod concurrency;
#[cfg(feature = "tokio")]
mod deadline;
mod fallback;
#[cfg(feature = "tokio")]
mod hedge;
mod instrument;
mod judge;
mod keyed;
mod meter;
mod random;
mod rate_limit;
#[cfg(feature = "tokio")]
mod retry;
mod share;
mod tiers;

pub use adaptive::AdaptiveLayer;
pub use admission::{
    AdmissionLayer, CallError, CallFuture, Event, Gate, Guarded, KeyedCallFuture, KeyedGuarded,
    Reporter, Settle, Single,
};
pub use breaker::{BreakerLayer, KeyedBreakers, SingleBreaker};
pub use bulkhead::{BulkheadLayer, ShardedGate};
pub use carry::{Carry, CarryError, CarryFuture, CarryLayer, Incoming, Outgoing};
pub use classifier::{ByKind, ByStatus, Classifier};
pub use clock::RuntimeClock;
pub use concurrency::{ConcurrencyFuture, ConcurrencyLayer, ConcurrencyLimited};
#[cfg(feature = "tokio")]
pub use deadline::{
    DeadlineError, DeadlineFuture, DeadlineLayer, Deadlined, Fixed, FromContext, TimeoutLayer,
    Unlimited, When,
};
pub use fallback::{FallbackFuture, FallbackLayer, LastAnswers, WithFallback};
#[cfg(feature = "tokio")]
pub use hedge::{HedgeFuture, HedgeLayer, Hedging};
pub use instrument::INSTRUMENTS;
pub use judge::{Failure, Judge};
pub use keyed::{EachBucket, EachBulkhead, Keyed};
pub use meter::{MeterFuture, MeterLayer, Metered};
pub use random::SharedRandom;
pub use rate_limit::RateLimitLayer;
#[cfg(feature = "tokio")]
pub use retry::{ByClone, Repeat, RetryFuture, RetryLayer, Retrying};
pub use tiers::{ByTier, Tier, TiersLayer};

use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

/// A key as the number that shards and lanes are chosen by.
pub(crate) fn hashed(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
