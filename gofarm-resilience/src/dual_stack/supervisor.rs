//! The task behind a [`DualStack`](super::DualStack): [`Supervisor`].

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::{Clock, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::service::{Shared, Wanted};
use super::{Check, Checked, Path, PathEvent, observe, observe_time};
use crate::Outcome;
use crate::layer::RuntimeClock;

/// Checks the two paths of a [`DualStack`](super::DualStack) and notices lost connections, until all clones of the
/// service are dropped.
#[must_use = "without its supervisor a dual stack never checks its paths; spawn `run`"]
pub struct Supervisor<A, B, O = ()> {
    first: A,
    second: B,
    shared: Arc<Shared>,
    wanted: Wanted,
    check_timeout: Duration,
    observer: O,
    told: Told,
}

/// What the observer knows of the last switch.
#[derive(Clone, Copy, Default)]
struct Told {
    decided: Option<Instant>,
    has_time: bool,
}

impl<A: Checked, B: Checked> Supervisor<A, B> {
    pub(super) const fn new(
        first: A,
        second: B,
        shared: Arc<Shared>,
        wanted: Wanted,
        check_timeout: Duration,
    ) -> Self {
        Self {
            first,
            second,
            shared,
            wanted,
            check_timeout,
            observer: (),
            told: Told {
                decided: None,
                has_time: false,
            },
        }
    }
}

impl<A, B, O> Supervisor<A, B, O> {
    /// Tells `observer` of each change of the path, and how long it took until the new one answered; see
    /// [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn observe<T: Observer>(self, observer: T) -> Supervisor<A, B, T> {
        Supervisor {
            first: self.first,
            second: self.second,
            shared: self.shared,
            wanted: self.wanted,
            check_timeout: self.check_timeout,
            observer,
            told: self.told,
        }
    }
}

impl<A: Checked, B: Checked, O: Observer> Supervisor<A, B, O> {
    /// Runs until all clones of the service are dropped. If it is dropped the path stays as it is.
    pub async fn run(mut self) {
        let mut checks: JoinSet<(Check, Outcome)> = JoinSet::new();
        self.shared.handle(PathEvent::Timeout);
        while !self.wanted.is_over() {
            self.tell();
            for check in self.shared.take_checks().into_iter().flatten() {
                let limit = self.check_timeout;
                match check.path() {
                    Path::First => {
                        let mut path = self.first.clone();
                        checks.spawn(async move { (check, run(&mut path, limit).await) });
                    }
                    Path::Second => {
                        let mut path = self.second.clone();
                        checks.spawn(async move { (check, run(&mut path, limit).await) });
                    }
                }
            }
            let due = self.shared.timeout();
            let wait = due.saturating_since(RuntimeClock.now());
            let event = tokio::select! {
                () = self.shared.woken() => continue,
                Some(ended) = checks.join_next() => match ended {
                    Ok((check, Outcome::Success)) => PathEvent::CheckPassed(check),
                    Ok((check, _)) => PathEvent::CheckFailed(check),
                    // It panicked, and fails by its time-out.
                    Err(_) => continue,
                },
                () = self.first.lost() => PathEvent::Failed(Path::First),
                () = self.second.lost() => PathEvent::Failed(Path::Second),
                () = sleep(wait) => PathEvent::Timeout,
            };
            self.shared.handle(event);
        }
    }

    /// Tells of the last switch what was not told yet. Each event wakes this task, so none is missed but one that
    /// is followed by another before the task runs.
    fn tell(&mut self) {
        let Some(switch) = self.shared.last_switch() else {
            return;
        };
        if self.told.decided != Some(switch.decided()) {
            self.told = Told {
                decided: Some(switch.decided()),
                has_time: false,
            };
            observe(&self.observer, &switch);
        }
        if !self.told.has_time && switch.took().is_some() {
            self.told.has_time = true;
            observe_time(&self.observer, &switch);
        }
    }
}

async fn run(path: &mut impl Checked, limit: Duration) -> Outcome {
    timeout(limit, path.check())
        .await
        .unwrap_or(Outcome::Failure)
}

impl<A, B, O> fmt::Debug for Supervisor<A, B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("check_timeout", &self.check_timeout)
            .finish_non_exhaustive()
    }
}
