//! What the work on a request takes along: [`Scope`].

use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::Poll;

use gofarm_core::trace_context::TraceContext;
use http::HeaderValue;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};
use pin_project::pin_project;

use super::picked::Picked;
use crate::current;
use crate::propagation::{Propagators, Remote};
use crate::sampler::Parent;

/// The longest `baggage` header that is handed on, in bytes (W3C Baggage, section 3.3.2).
const MAX_BAGGAGE: usize = 8192;

/// The trace that work belongs to, to be taken to where it goes on.
///
/// A layer keeps one for each request and enters it whenever the request is polled, so a call that a handler makes
/// belongs to the trace of the request. A task that the handler spawns does not, unless it is given the scope:
///
/// ```
/// use gofarm_otel::current;
/// use gofarm_otel::layer::Scope;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let scope = Scope::current(); // in a handler
/// tokio::spawn(scope.around(async {
///     let _ = current::trace(); // the trace of the request
/// }))
/// .await
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Scope {
    /// A span that is recorded, as the API knows it.
    recorded: Option<Context>,
    /// One that is not.
    unrecorded: Option<TraceContext>,
    passed: Passed,
}

/// What came with a request and is handed on as it is.
#[derive(Clone, Default)]
pub(super) struct Passed {
    pub(super) trace_state: Option<HeaderValue>,
    pub(super) baggage: Option<HeaderValue>,
    /// Somebody debugs this request.
    pub(super) is_debugged: bool,
}

std::thread_local! {
    /// Whether there is something in `PASSED`, which is looked at less often than this.
    static IS_PASSED: Cell<bool> = const { Cell::new(false) };
    static PASSED: RefCell<Passed> = const { RefCell::new(Passed::EMPTY) };
}

impl Scope {
    /// That of nothing.
    pub(super) const NONE: Self = Self {
        recorded: None,
        unrecorded: None,
        passed: Passed::EMPTY,
    };

    /// That of the code that calls this.
    #[must_use]
    pub fn current() -> Self {
        let context = Context::current();
        Self {
            unrecorded: current::unrecorded(),
            recorded: context.has_active_span().then_some(context),
            passed: Passed::current(),
        }
    }

    /// It is that of a span that is not recorded.
    pub(super) const fn unrecorded(&mut self, context: TraceContext) {
        self.unrecorded = Some(context);
    }

    /// It is that of a span that is recorded.
    pub(super) fn recorded(&mut self, context: Context) {
        self.recorded = Some(context);
        self.unrecorded = None;
    }

    /// Takes along what came with a request and goes on as it is.
    #[inline]
    pub(super) fn pass(
        &mut self,
        propagators: Propagators,
        remote: Option<&Remote<'_>>,
        picked: &Picked<'_>,
    ) {
        if let Some(remote) = remote {
            self.passed.is_debugged = remote.parent == Parent::Debug;
            if let Some(value) = picked
                .trace_state
                .filter(|_| !remote.trace_state.is_empty())
            {
                self.passed.trace_state = Some(value.clone());
            }
        }
        if let Some(value) = picked.baggage.filter(|value| value.len() <= MAX_BAGGAGE)
            && propagators.contains(Propagators::BAGGAGE)
        {
            self.passed.baggage = Some(value.clone());
        }
    }

    /// Makes this the scope of the thread until the answer is dropped.
    #[inline]
    pub fn enter(&mut self) -> Entered<'_> {
        let context = self.attach();
        self.swap();
        Entered {
            _context: context,
            scope: self,
        }
    }

    /// Makes the context of the API say the same.
    fn attach(&self) -> Option<ContextGuard> {
        let context = match &self.recorded {
            Some(context) => Some(context.clone()),
            // A span of the API would go first.
            None if self.unrecorded.is_some() && Context::map_current(Context::has_active_span) => {
                Some(Context::new())
            }
            None => None,
        };
        context.map(Context::attach)
    }

    /// Changes places with that of the thread, but for the context of the API.
    #[inline]
    fn swap(&mut self) {
        current::swap(&mut self.unrecorded);
        self.passed.swap();
    }

    /// `future` in this scope, whoever polls it.
    pub const fn around<F: Future>(self, future: F) -> InScope<F> {
        InScope {
            future,
            scope: self,
        }
    }
}

impl Passed {
    const EMPTY: Self = Self {
        trace_state: None,
        baggage: None,
        is_debugged: false,
    };

    /// What the code that calls this was given.
    pub(super) fn current() -> Self {
        match IS_PASSED.try_with(Cell::get) {
            Ok(true) => PASSED
                .try_with(|passed| passed.borrow().clone())
                .unwrap_or_default(),
            _ => Self::EMPTY,
        }
    }

    const fn is_empty(&self) -> bool {
        self.trace_state.is_none() && self.baggage.is_none() && !self.is_debugged
    }

    /// Changes places with that of the thread.
    #[inline]
    fn swap(&mut self) {
        let is_passed = !self.is_empty();
        // While a thread ends nothing is handed on.
        if is_passed || IS_PASSED.try_with(Cell::get).unwrap_or_default() {
            let _ = IS_PASSED.try_with(|passed| passed.set(is_passed));
            let _ = PASSED.try_with(|passed| mem::swap(self, &mut passed.borrow_mut()));
        }
    }
}

/// While this lives, the thread works in a [`Scope`].
#[must_use = "the scope ends when this is dropped"]
pub struct Entered<'a> {
    _context: Option<ContextGuard>,
    /// That of the thread before.
    scope: &'a mut Scope,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.scope.swap();
    }
}

/// The future of [`Scope::around`].
#[pin_project]
pub struct InScope<F> {
    #[pin]
    future: F,
    scope: Scope,
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut core::task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.scope.enter();
        this.future.poll(cx)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("recorded", &self.recorded)
            .field("unrecorded", &self.unrecorded)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Entered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for InScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
