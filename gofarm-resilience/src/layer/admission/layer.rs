//! The Layer over any policy: [`AdmissionLayer`].

use core::fmt;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::gate::Single;
use super::guard::Terms;
use super::service::Guarded;
use crate::layer::classifier::ByKind;
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;
use crate::policy::Policy;

/// Guards a service with a policy: asks it before each call and tells it how the call ended.
///
/// `BreakerLayer`, `BulkheadLayer`, `RateLimitLayer` and `AdaptiveLayer` are this Layer over the policy of their
/// names; over a [`Policy`] of your own it is made by [`with`](Self::with). All services that one Layer makes, and all
/// their clones, share the policy.
///
/// A call that is given up (its future is dropped, at whatever point) cancels its permit.
pub struct AdmissionLayer<G, K = ByKind, O = (), C = RuntimeClock> {
    terms: Terms<G, K, O, C>,
}

impl<P: Policy> AdmissionLayer<Single<P>> {
    /// A layer over one policy for all calls. `P` is shared with the services: an `Arc`, or a reference.
    ///
    /// `name` is the label `layer` of its signals.
    pub const fn with(name: &'static str, policy: P) -> Self {
        Self::over(name, Single::new(policy))
    }
}

impl<P, K, O, C> AdmissionLayer<Single<P>, K, O, C> {
    /// The policy, to look at it or to change it while calls go on.
    pub const fn policy(&self) -> &P {
        self.terms.gate.policy()
    }
}

impl<G> AdmissionLayer<G> {
    pub(in crate::layer) const fn over(name: &'static str, gate: G) -> Self {
        Self {
            terms: Terms {
                gate,
                classifier: ByKind,
                observer: (),
                clock: RuntimeClock,
                name,
            },
        }
    }
}

impl<G, K, O, C> AdmissionLayer<G, K, O, C> {
    /// Tells how calls ended by `classifier`, a [`Classifier`](crate::layer::Classifier), instead of by the kind of
    /// the error.
    pub fn classify<L>(self, classifier: L) -> AdmissionLayer<G, L, O, C> {
        let old = self.terms;
        AdmissionLayer {
            terms: Terms {
                gate: old.gate,
                classifier,
                observer: old.observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Tells `observer` about rejections and changes of state; it has to be cheap to clone, as an `Arc` is.
    pub fn observe<P: Observer>(self, observer: P) -> AdmissionLayer<G, K, P, C> {
        let old = self.terms;
        AdmissionLayer {
            terms: Terms {
                gate: old.gate,
                classifier: old.classifier,
                observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Reads the time from `clock`. Whoever else uses the policy has to read the same one.
    pub fn clock<D: Clock>(self, clock: D) -> AdmissionLayer<G, K, O, D> {
        let old = self.terms;
        AdmissionLayer {
            terms: Terms {
                gate: old.gate,
                classifier: old.classifier,
                observer: old.observer,
                clock,
                name: old.name,
            },
        }
    }

    /// Sets the label `layer` of the signals: which of several breakers it is.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.terms.name = name;
        self
    }

    pub(in crate::layer) const fn terms(&self) -> &Terms<G, K, O, C> {
        &self.terms
    }
}

impl<S, P, K, O, C> Layer<S> for AdmissionLayer<Single<P>, K, O, C>
where
    Single<P>: Clone,
    K: Clone,
    O: Clone,
    C: Clone,
{
    type Service = Guarded<S, Single<P>, K, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded::new(inner, Share::new(self.terms.clone()))
    }
}

impl<G: Clone, K: Clone, O: Clone, C: Clone> Clone for AdmissionLayer<G, K, O, C> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<G: fmt::Debug, K, O, C> fmt::Debug for AdmissionLayer<G, K, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmissionLayer")
            .field("name", &self.terms.name)
            .field("gate", &self.terms.gate)
            .finish_non_exhaustive()
    }
}
