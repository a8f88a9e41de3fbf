//! Two services as one: [`DualStack`], and the [`Supervisor`] that watches over their paths.

use alloc::sync::{Arc, Weak};
use core::fmt;
use core::future::Future;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use gofarm_core::error::Classify;
use gofarm_core::time::{Clock, Instant, secs};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, watch};
use tower_service::Service;

use super::future::DualFuture;
use super::{
    Carried, Check, DualStackError, Path, PathAction, PathEvent, PathSelector, SelectorConfig,
    Supervisor, Switch, SwitchReason,
};
use crate::Outcome;
use crate::layer::RuntimeClock;

/// A service whose path can be checked.
pub trait Checked: Clone + Send + 'static {
    /// Asks the other side how it is. [`Outcome::Success`] passes; everything else fails. It is dropped at the time-out of
    /// the [`SelectorConfig`].
    fn check(&mut self) -> impl Future<Output = Outcome> + Send;

    /// Waits until an established connection is lost, if the service can know; it need not.
    fn lost(&mut self) -> impl Future<Output = ()> + Send {
        core::future::pending()
    }
}

/// Two services of which the [`PathSelector`] chooses one for each call.
///
/// It is always ready: the path is chosen at the call, and its readiness is awaited within the call's time-out, 5 s from
/// the call on. Clones share the choice.
///
/// What becomes of a call is one answer or one error. While the second path is in use, calls that it does not carry
/// ([`Carried`]) fail at once; when a path is given up, calls under way on it fail at once instead of
/// at their time-out ([`DualStackError::Abandoned`], effect unknown). When the first path is taken again, calls
/// under way on the second go on to their end.
///
/// See the [module](super) for an example.
pub struct DualStack<A, B> {
    first: A,
    second: B,
    shared: Arc<Shared>,
    /// Keeps the supervisor going.
    handle: Arc<Handle>,
    changes: watch::Receiver<Path>,
    call_timeout: Duration,
}

/// What all clones and the supervisor know.
pub(super) struct Shared {
    state: Mutex<State>,
    active: watch::Sender<Path>,
    /// The supervisor has something to do.
    wake: Notify,
}

struct State {
    selector: PathSelector,
    checks: [Option<Check>; 2],
    /// Notifies the calls on the path in use when it is given up.
    abandoned: Arc<Notify>,
}

struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.wake.notify_one();
    }
}

impl<A: Checked, B: Checked> DualStack<A, B> {
    /// Starts on the first path. The [`Supervisor`] has to [run](Supervisor::run) in a task of its own: without it
    /// nothing is checked, and the path never changes but by the failures of calls.
    pub fn new(first: A, second: B, config: SelectorConfig) -> (Self, Supervisor<A, B>) {
        let (active, changes) = watch::channel(Path::First);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                selector: PathSelector::new(config, RuntimeClock.now()),
                checks: [None; 2],
                abandoned: Arc::default(),
            }),
            active,
            wake: Notify::new(),
        });
        let handle = Arc::new(Handle(Arc::clone(&shared)));
        let supervisor = Supervisor::new(
            first.clone(),
            second.clone(),
            Arc::clone(&shared),
            Wanted(Arc::downgrade(&handle)),
            config.check_timeout,
        );
        let service = Self {
            first,
            second,
            shared,
            handle,
            changes,
            call_timeout: secs(5),
        };
        (service, supervisor)
    }
}

impl<A, B> DualStack<A, B> {
    /// How long a call may take, with the wait for its path's readiness; 5 s.
    #[must_use]
    pub const fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// The path that calls take now.
    #[must_use]
    pub fn active(&self) -> Path {
        *self.shared.active.borrow()
    }

    /// Waits for the next change of the path, or one since the last call, and returns the path then in use. May be
    /// dropped while it waits.
    pub async fn changed(&mut self) -> Path {
        // The sender lives as long as `self`.
        let _ = self.changes.changed().await;
        *self.changes.borrow_and_update()
    }

    /// The last change of the path, and how long it took until the new one answered; `None` before the first.
    #[must_use]
    pub fn last_switch(&self) -> Option<Switch> {
        self.shared.last_switch()
    }

    /// How often the path was changed.
    #[must_use]
    pub fn switches(&self) -> u32 {
        self.shared.read(PathSelector::switches)
    }

    /// How many of those took longer than [`switch_limit`](super::SelectorConfigBuilder::switch_limit).
    #[must_use]
    pub fn late_switches(&self) -> u32 {
        self.shared.read(PathSelector::late_switches)
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, read: impl FnOnce(&PathSelector) -> T) -> T {
        read(&self.lock().selector)
    }

    pub(super) fn timeout(&self) -> Instant {
        self.read(PathSelector::poll_timeout)
    }

    pub(super) fn last_switch(&self) -> Option<Switch> {
        self.read(PathSelector::last_switch)
    }

    /// The checks that were asked for since the last call.
    pub(super) fn take_checks(&self) -> [Option<Check>; 2] {
        core::mem::take(&mut self.lock().checks)
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The path for a call that begins now, and the notice of its end.
    fn begin(&self) -> (Path, OwnedNotified) {
        let state = self.lock();
        let abandoned = Arc::clone(&state.abandoned).notified_owned();
        (state.selector.active(), abandoned)
    }

    pub(super) fn handle(&self, event: PathEvent) {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.selector.handle(RuntimeClock.now(), event);
        while let Some(action) = state.selector.poll_action() {
            match action {
                PathAction::Use(path) => {
                    let before = core::mem::take(&mut state.abandoned);
                    let reason = state.selector.last_switch().map(|switch| switch.reason());
                    if reason != Some(SwitchReason::Returned) {
                        before.notify_waiters();
                    }
                    self.active.send_replace(path);
                }
                PathAction::Check(check) => {
                    if let Some(slot) = state.checks.get_mut(check.path() as usize) {
                        *slot = Some(check);
                    }
                }
            }
        }
        drop(guard);
        self.wake.notify_one();
    }
}

/// Whether any clone of the service is left.
pub(super) struct Wanted(Weak<Handle>);

impl Wanted {
    pub(super) fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl<A, B, Q, R> Service<Q> for DualStack<A, B>
where
    Q: Carried,
    A: Service<Q, Response = R> + Clone,
    B: Service<Q, Response = R> + Clone,
    A::Error: Classify,
    B::Error: Classify,
{
    type Response = R;
    type Error = DualStackError<A::Error, B::Error>;
    type Future = DualFuture<A, B, Q>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Q) -> Self::Future {
        let (path, abandoned) = self.shared.begin();
        match path {
            Path::Second if !request.traffic().is_essential() => DualFuture::not_carried(),
            Path::First => DualFuture::first(
                self.first.clone(),
                request,
                abandoned,
                Arc::clone(&self.shared),
                self.call_timeout,
            ),
            Path::Second => DualFuture::second(
                self.second.clone(),
                request,
                abandoned,
                Arc::clone(&self.shared),
                self.call_timeout,
            ),
        }
    }
}

impl<A: Clone, B: Clone> Clone for DualStack<A, B> {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            second: self.second.clone(),
            shared: Arc::clone(&self.shared),
            handle: Arc::clone(&self.handle),
            changes: self.changes.clone(),
            call_timeout: self.call_timeout,
        }
    }
}

impl<A, B> fmt::Debug for DualStack<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DualStack")
            .field("active", &self.active())
            .field("call_timeout", &self.call_timeout)
            .finish_non_exhaustive()
    }
}
