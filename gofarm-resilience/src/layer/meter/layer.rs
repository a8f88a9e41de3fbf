//! The Layer: [`MeterLayer`].

use core::fmt;

use gofarm_core::observe::Observer;
use tower_layer::Layer;

use super::service::{Metered, Terms};
use crate::layer::classifier::ByKind;
use crate::layer::share::Share;

/// Counts calls by how they ended, and by the region and the tenant of the request.
///
/// A policy's own signals say which layer rejected a call and why; they do not say whose call it was. This Layer stands
/// outside of them: it tells its observer of each call once, when it has ended or was given up, with the labels
/// `layer`, `outcome` (`ok`, the kind of the failure, or `cancelled`), and `region` and `tenant` as far as the
/// [context](crate::context::CallContext) of the request has them, in the trace that it belongs to. So one tenant's
/// rejections are told from the others'. In a server it stands right within
/// [`CarryLayer::incoming`](crate::layer::CarryLayer::incoming), which reads that context from the headers.
///
/// Whoever sends a request chooses its labels, so an observer that keeps a row for each value has to bound them, or
/// stand behind what checks them.
///
/// ```
/// use std::io;
/// use std::sync::Mutex;
/// use gofarm_core::observe::{Label, Observer, Signal};
/// use gofarm_resilience::layer::{CarryLayer, MeterLayer, RateLimitLayer};
/// use gofarm_resilience::context::Contextual;
/// use gofarm_resilience::policy::{Rate, TokenBucket};
/// use http::Request;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// #[derive(Default)]
/// struct Rejected(Mutex<Vec<String>>);
///
/// impl Observer for Rejected {
///     fn observe(&self, signal: &Signal<'_>) {
///         if signal.labels().contains(&Label::text("outcome", "overloaded")) {
///             self.0.lock().unwrap().push(format!("{:?}", signal.labels().last().map(|label| label.value)));
///         }
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let rejected = Rejected::default();
/// let tenant = |request: &Request<()>| request.context().and_then(|context| context.labels().tenant().copied());
/// let server = ServiceBuilder::new()
///     .layer(CarryLayer::incoming())
///     .layer(MeterLayer::new(&rejected))
///     .layer(RateLimitLayer::keyed(tenant, TokenBucket::at(Rate::per_second(1)).burst(1))?)
///     .service(service_fn(async |_: Request<()>| Ok::<_, io::Error>(())));
///
/// for tenant in ["coop-7", "coop-7", "coop-8"] {
///     let request = Request::get("/").header("x-tenant-id", tenant).body(())?;
///     let _ = server.clone().oneshot(request).await;
/// }
/// assert_eq!(*rejected.0.lock().unwrap(), ["Some(Text(\"coop-7\"))"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MeterLayer<O, J = ByKind> {
    terms: Terms<O, J>,
}

impl<O: Observer> MeterLayer<O> {
    /// Tells `observer`; it has to be cheap to clone, as an `Arc` or a reference is.
    pub const fn new(observer: O) -> Self {
        Self {
            terms: Terms {
                observer,
                judge: ByKind,
                name: "meter",
            },
        }
    }
}

impl<O, J> MeterLayer<O, J> {
    /// Tells failures from answers, and of which kind they are, by `judge`, a [`Judge`](crate::layer::Judge);
    /// [`ByStatus`](crate::layer::ByStatus) where failures come as HTTP answers.
    pub fn judge<T>(self, judge: T) -> MeterLayer<O, T> {
        MeterLayer {
            terms: Terms {
                observer: self.terms.observer,
                judge,
                name: self.terms.name,
            },
        }
    }

    /// Sets the label `layer` of the signals: what is called here.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.terms.name = name;
        self
    }
}

impl<S, O: Clone, J: Clone> Layer<S> for MeterLayer<O, J> {
    type Service = Metered<S, O, J>;

    fn layer(&self, inner: S) -> Self::Service {
        Metered::new(inner, Share::new(self.terms.clone()))
    }
}

impl<O, J> fmt::Debug for MeterLayer<O, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterLayer")
            .field("name", &self.terms.name)
            .finish_non_exhaustive()
    }
}
