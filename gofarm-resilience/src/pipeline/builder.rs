//! Putting a line together: [`PipelineBuilder`] and [`Flow`].

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::hash::Hash;
use core::task::{Context, Poll};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Observer;
use tokio::task::JoinSet;
use tower_service::Service;

use super::account::Account;
use super::ends::InletState;
use super::lane::{Branches, Item, Key, Lane, Lanes, Listeners, Watcher};
use super::line::Close;
use super::{Failure, Inlet, Outlet, Pipeline, Stage};
use crate::layer::hashed;

/// Collects the stages of a line; made by [`Pipeline::builder`].
#[must_use = "a line does nothing until `start` is called"]
pub struct PipelineBuilder {
    plan: Arc<Mutex<Plan>>,
    listeners: Listeners,
}

/// What is known of a line before it starts.
#[derive(Default)]
struct Plan {
    stages: Vec<Stage>,
    accounts: Vec<Arc<Account>>,
    inlets: Vec<Arc<dyn Close>>,
    first_fault: Option<LineError>,
    /// Each spawns the tasks of a stage or opens an inlet.
    starts: Vec<Start>,
    checks: Vec<Box<dyn Fn() -> Result<(), LineError> + Send>>,
}

type Start = Box<dyn FnOnce(&mut JoinSet<()>, &Listeners) + Send>;

/// The place where the answers of a step, or the items of an inlet, wait to be told where they go.
struct Outgoing<T> {
    lanes: Vec<Lanes<T>>,
    clone: Option<fn(&T) -> T>,
    expected: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PipelineBuilder {
    pub(super) fn new() -> Self {
        Self {
            plan: Arc::default(),
            listeners: Listeners {
                report: Arc::new(|_| {}),
                watcher: Arc::new(()),
            },
        }
    }

    /// Is told of each item that does not come out, once, by the task that had it: it must not wait.
    pub fn on_failure(mut self, report: impl Fn(&Failure<'_>) + Send + Sync + 'static) -> Self {
        self.listeners.report = Arc::new(report);
        self
    }

    /// Tells `observer` of items that fail, and of items for which there is no room at an inlet; see
    /// [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn observe(mut self, observer: impl Observer + Send + Sync + 'static) -> Self {
        self.listeners.watcher = Arc::new(observer);
        self
    }

    /// A place where items enter, and the flow of these items.
    pub fn inlet<T: Send + 'static>(&self) -> (Inlet<T>, Flow<T>) {
        let shared = Arc::new(InletState::new());
        let flow = Flow::new(&self.plan, "inlet");
        let outgoing = Arc::clone(&flow.outgoing);
        let state = Arc::downgrade(&shared);
        let mut plan = lock(&self.plan);
        plan.inlets.push(Arc::new(Arc::downgrade(&shared)));
        plan.starts.push(Box::new(move |_, listeners| {
            if let Some(state) = state.upgrade() {
                state.open(lock(&outgoing).connect(&listeners.watcher));
            }
        }));
        drop(plan);
        (Inlet { shared }, flow)
    }

    /// Starts the line's tasks.
    ///
    /// # Errors
    /// [`LineError`]; nothing runs then.
    ///
    /// # Panics
    /// If called outside of a tokio runtime.
    pub fn start(self) -> Result<Pipeline, LineError> {
        let plan = core::mem::take(&mut *lock(&self.plan));
        if let Some(fault) = plan.first_fault {
            return Err(fault);
        }
        for check in &plan.checks {
            check()?;
        }
        let mut tasks = JoinSet::new();
        for start in plan.starts {
            start(&mut tasks, &self.listeners);
        }
        Ok(Pipeline::new(
            plan.stages,
            plan.accounts,
            plan.inlets,
            tasks,
        ))
    }
}

impl fmt::Debug for PipelineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineBuilder")
            .field("stages", &lock(&self.plan).stages)
            .finish_non_exhaustive()
    }
}

impl<T> Outgoing<T> {
    fn connect(&mut self, watcher: &Watcher) -> Branches<T> {
        let lanes = core::mem::take(&mut self.lanes);
        Branches::new(lanes, self.clone, Arc::clone(watcher))
    }
}

/// The items that leave an inlet or a step, while the line is put together.
#[must_use = "a flow that leads nowhere lets the line not start; `discard` it"]
pub struct Flow<T> {
    plan: Arc<Mutex<Plan>>,
    outgoing: Arc<Mutex<Outgoing<T>>>,
    after: &'static str,
}

impl<T: Send + 'static> Flow<T> {
    fn new(plan: &Arc<Mutex<Plan>>, after: &'static str) -> Self {
        let outgoing = Arc::new(Mutex::new(Outgoing {
            lanes: Vec::new(),
            clone: None,
            expected: 1,
        }));
        let checked = Arc::clone(&outgoing);
        lock(plan).checks.push(Box::new(move || {
            let outgoing = lock(&checked);
            if outgoing.lanes.len() == outgoing.expected {
                Ok(())
            } else {
                Err(LineError::Unconnected { after })
            }
        }));
        Self {
            plan: Arc::clone(plan),
            outgoing,
            after,
        }
    }

    /// Has a step work on each item, in the order in which they come.
    ///
    /// The step is cancelled after the stage's time-out, at its next `await`; one that blocks its thread cannot be.
    pub fn step<S>(self, stage: Stage, service: S) -> Flow<S::Response>
    where
        S: Service<T> + Clone + Send + Sync + 'static,
        S::Response: Send + 'static,
        S::Future: Send,
        S::Error: Classify + Error + 'static,
    {
        if stage.lanes() > 1 {
            lock(&self.plan)
                .first_fault
                .get_or_insert(LineError::NoKey {
                    stage: stage.name(),
                });
        }
        self.attach(stage, None, service)
    }

    /// Has a step work on as many items at once as the stage has lanes; those with equal keys in the order in which they
    /// come. One key that has most of the items has one lane for them.
    pub fn keyed_step<K, S>(
        self,
        stage: Stage,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        service: S,
    ) -> Flow<S::Response>
    where
        K: Hash,
        S: Service<T> + Clone + Send + Sync + 'static,
        S::Response: Send + 'static,
        S::Future: Send,
        S::Error: Classify + Error + 'static,
    {
        let key: Key<T> = Arc::new(move |value| hashed(&key(value)));
        self.attach(stage, Some(key), service)
    }

    fn attach<S>(self, stage: Stage, key: Option<Key<T>>, service: S) -> Flow<S::Response>
    where
        S: Service<T> + Clone + Send + Sync + 'static,
        S::Response: Send + 'static,
        S::Future: Send,
        S::Error: Classify + Error + 'static,
    {
        let buffer = usize::try_from(stage.lane_buffer()).unwrap_or(usize::MAX);
        let (lanes, receivers) = Lanes::new(stage.lanes(), buffer, key);
        lock(&self.outgoing).lanes.push(lanes);
        let flow = Flow::new(&self.plan, stage.name());
        let outgoing = Arc::clone(&flow.outgoing);
        let account = Arc::new(Account::new(stage.name()));
        let mut plan = lock(&self.plan);
        plan.stages.push(stage);
        plan.accounts.push(Arc::clone(&account));
        plan.starts.push(Box::new(move |tasks, listeners| {
            let next = Arc::new(lock(&outgoing).connect(&listeners.watcher));
            for items in receivers {
                let lane = Lane {
                    stage,
                    items,
                    service: service.clone(),
                    next: Arc::clone(&next),
                    account: Arc::clone(&account),
                    listeners: listeners.clone(),
                };
                tasks.spawn(lane.run());
            }
        }));
        drop(plan);
        flow
    }

    /// Gives each of `N` branches every item.
    pub fn fan_out<const N: usize>(self) -> [Flow<T>; N]
    where
        T: Clone,
    {
        let mut outgoing = lock(&self.outgoing);
        outgoing.clone = Some(T::clone);
        outgoing.expected += N.saturating_sub(1);
        drop(outgoing);
        core::array::from_fn(|_| Flow {
            plan: Arc::clone(&self.plan),
            outgoing: Arc::clone(&self.outgoing),
            after: self.after,
        })
    }

    /// Lets the items out, with room for so many (at least 1) that nobody has taken yet.
    pub fn outlet(self, room: usize) -> Outlet<T> {
        let (lanes, mut receivers) = Lanes::<T>::new(1, room.max(1), None);
        lock(&self.outgoing).lanes.push(lanes);
        let items = receivers
            .pop()
            .unwrap_or_else(|| tokio::sync::mpsc::channel::<Item<T>>(1).1);
        Outlet { items }
    }

    /// Ends the branch here: what its last step answered is dropped.
    pub fn discard(self) {
        let mut outgoing = lock(&self.outgoing);
        outgoing.expected = outgoing.expected.saturating_sub(1);
    }
}

impl<T> fmt::Debug for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// A step that is an async function; see [`step_fn`].
#[derive(Clone, Copy, Debug)]
pub struct StepFn<F>(F);

/// A step from an async function.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_resilience::pipeline::step_fn;
///
/// let double = step_fn(|n: u32| async move { Ok::<_, Infallible>(n * 2) });
/// # let _ = double;
/// ```
pub const fn step_fn<F>(step: F) -> StepFn<F> {
    StepFn(step)
}

impl<T, U, E, F, Fut> Service<T> for StepFn<F>
where
    F: FnMut(T) -> Fut,
    Fut: Future<Output = Result<U, E>>,
{
    type Response = U;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, item: T) -> Fut {
        (self.0)(item)
    }
}

/// A line that cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A flow, or a branch of it, leads nowhere.
    #[error("a flow after {after} leads to no step and no outlet")]
    Unconnected {
        /// The stage that the flow leaves, or `inlet`.
        after: &'static str,
    },
    /// Several lanes without a key: the items would overtake each other.
    #[error("stage {stage} has several lanes but no key; use keyed_step")]
    NoKey {
        /// The stage.
        stage: &'static str,
    },
}

impl Classify for LineError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
