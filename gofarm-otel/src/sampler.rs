//! Which traces are kept, decided before anything is written down: [`Sample`].
//!
//! A layer that collects attributes and then asks the sampler pays the full price for every request that is thrown
//! away. Here the question comes first and costs nanoseconds: a [`Head`] holds what is known when a span
//! begins, and borrows all of it.
//!
//! | rule | what it is for |
//! |---|---|
//! | [`Ratio`] | a share of all traces, the same ones in each process |
//! | [`DeviceHash`] | a share of each device's traces, different ones on each device; changed by [`SignedRatio`] |
//! | [`ParentBased`] | who began the trace has decided |
//! | [`Dynamic`] | the share itself: less under load and while everything fails, more when something begins to |
//! | [`LateKeep`] | what failed although it was not sampled, within a budget |
//! | `Sampler` (feature `std`) | all of them, shared by tasks and changed while they run |
//!
//! All but the last are plain values without a heap, for firmware as well.

mod device_hash;
mod dynamic;
mod late_keep;
#[cfg(feature = "std")]
mod live;
mod parent_based;
mod ratio;
#[cfg(feature = "std")]
pub mod signal;
mod signed_ratio;

pub use device_hash::DeviceHash;
pub use dynamic::{Dynamic, Limits, Outcome, Phase};
pub use late_keep::LateKeep;
#[cfg(feature = "std")]
pub use live::{Control, Sampler};
pub use parent_based::ParentBased;
pub use ratio::{Percent, Ratio, RatioError};
pub use signed_ratio::{RatioRefused, RatioUpdates, SignedRatio};

use gofarm_core::trace_context::TraceId;

use crate::span::SpanKind;

/// What was decided about the trace by the span that caused this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Parent {
    /// There is none, or it left the decision to us.
    #[default]
    None,
    /// Another process decided.
    Remote {
        /// Whether it keeps the trace.
        sampled: bool,
    },
    /// This process decided.
    Local {
        /// Whether it keeps the trace.
        sampled: bool,
    },
    /// Somebody debugs this request: it is kept whatever the sampler says (B3 `X-B3-Flags: 1`).
    Debug,
}

/// What is known when a span begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head<'a> {
    /// The trace.
    pub trace_id: TraceId,
    /// What the span that caused this one decided.
    pub parent: Parent,
    /// The name, as far as it is known.
    pub name: &'a str,
    /// Which side of a call.
    pub kind: SpanKind,
}

impl<'a> Head<'a> {
    /// The head of an internal span.
    #[must_use]
    pub const fn new(trace_id: TraceId, parent: Parent, name: &'a str) -> Self {
        Self {
            trace_id,
            parent,
            name,
            kind: SpanKind::Internal,
        }
    }

    /// This head for that side of a call.
    #[must_use]
    pub const fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }
}

/// The answer of a sampler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a decision that nobody follows samples nothing"]
pub enum Decision {
    /// Nothing is written down; the flag that goes on says *not sampled*.
    Drop,
    /// The span is recorded and exported; the flag that goes on says *sampled*.
    Keep,
}

impl Decision {
    /// Keeps if `keep` is so.
    pub(crate) const fn keep_if(keep: bool) -> Self {
        if keep { Self::Keep } else { Self::Drop }
    }
}

/// A rule that keeps some traces.
///
/// It is asked once for each span, on the path of the request: it must not allocate, wait or read a clock.
pub trait Sample {
    /// Decides about the span that begins.
    fn sample(&self, head: &Head<'_>) -> Decision;
}

impl<S: Sample + ?Sized> Sample for &S {
    fn sample(&self, head: &Head<'_>) -> Decision {
        (**self).sample(head)
    }
}

#[cfg(feature = "std")]
impl<S: Sample + ?Sized> Sample for alloc::sync::Arc<S> {
    fn sample(&self, head: &Head<'_>) -> Decision {
        (**self).sample(head)
    }
}
