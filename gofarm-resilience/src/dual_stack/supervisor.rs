//! The task behind a [`DualStack`](super::DualStack): [`Supervisor`].

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use gofarm_core::time::Clock;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::service::{Shared, Wanted};
use super::{Check, Checked, Path, PathEvent};
use crate::Outcome;
use crate::layer::RuntimeClock;

/// Checks the two paths of a [`DualStack`](super::DualStack) and notices lost connections, until all clones of the
/// service are dropped.
#[must_use = "without its supervisor a dual stack never checks its paths; spawn `run`"]
pub struct Supervisor<A, B> {
    first: A,
    second: B,
    shared: Arc<Shared>,
    wanted: Wanted,
    check_timeout: Duration,
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
        }
    }

    /// Runs until all clones of the service are dropped. If it is dropped the path stays as it is.
    pub async fn run(mut self) {
        let mut checks: JoinSet<(Check, Outcome)> = JoinSet::new();
        self.shared.handle(PathEvent::Timeout);
        while !self.wanted.is_over() {
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
}

async fn run(path: &mut impl Checked, limit: Duration) -> Outcome {
    timeout(limit, path.check())
        .await
        .unwrap_or(Outcome::Failure)
}

impl<A, B> fmt::Debug for Supervisor<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("check_timeout", &self.check_timeout)
            .finish_non_exhaustive()
    }
}
