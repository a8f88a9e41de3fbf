//! The registry with active checks: [`Health`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::{Clock, Instant, millis, secs};
use tokio::sync::watch;
use tokio::time::timeout;

use super::HttpHealth;
use super::signal::Watch;
use crate::Outcome;
use crate::layer::RuntimeClock;
use crate::memory::Shared;
use crate::policy::ConfigError;
use crate::policy::health::{Need, Registry, Report, Status};

/// The components of a process and how to check them; clones share both.
///
/// ```
/// use std::sync::Arc;
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::health_service::Health;
/// use gofarm_resilience::policy::health::{HealthConfig, Registry};
/// use http::{Request, StatusCode};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::builder()
///     .component("modbus", HealthConfig::required())
///     .component("database", HealthConfig::required())
///     .build_shared()?;
/// let registry = Arc::new(registry);
/// let health = Health::new(Arc::clone(&registry))
///     .check("database", || async { Outcome::Success })?;
///
/// let ready = || Request::get("/readyz?verbose").body(());
/// let answer = health.http().oneshot(ready()?).await?;
/// assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE); // nobody has heard of modbus yet
/// # let answer = answer.into_body();
/// # assert_eq!(answer.as_str(), "[+] database up\n[-] modbus unknown\nnot ready\n");
///
/// if let Some(modbus) = registry.get("modbus") {
///     modbus.record(Outcome::Success); // a call that went well
/// }
/// assert_eq!(health.http().oneshot(ready()?).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
pub struct Health<C = RuntimeClock> {
    registry: Arc<Registry<Shared>>,
    checks: Arc<[Check]>,
    limit: Duration,
    fresh_for: Duration,
    clock: C,
    watch: Watch,
}

#[derive(Clone)]
struct Check {
    component: Arc<str>,
    run: Run,
    /// What is known of the last run, and who waits for its end.
    last: Arc<watch::Sender<Last>>,
}

type Run = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    is_under_way: bool,
    ended: Option<Instant>,
}

/// How one component is, for an answer.
pub(super) struct Told<'a> {
    pub(super) name: &'a str,
    pub(super) need: Need,
    pub(super) status: Status,
    pub(super) is_live: bool,
}

impl Health {
    /// Tells what this registry knows. No active checks; 400 ms for each; results are fresh for 1 s.
    #[must_use]
    pub fn new(registry: Arc<Registry<Shared>>) -> Self {
        Self {
            registry,
            checks: Arc::new([]),
            limit: millis(400),
            fresh_for: secs(1),
            clock: RuntimeClock,
            watch: Watch::new(Arc::new(())),
        }
    }
}

impl<C> Health<C> {
    /// The longest time that may be given to a check, so that HTTP answers within 2 s.
    pub const MAX_LIMIT: Duration = millis(1_800);

    /// Has probes run a check of this component and record its outcome. The check is dropped at its time limit, at its
    /// next `await`. One that blocks its thread counts as down from then on, until it ends; that needs a runtime with
    /// another thread. The last check given for a component counts.
    ///
    /// # Errors
    /// [`ConfigError`] if the registry has no component of this name.
    pub fn check<F>(
        mut self,
        component: &str,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        if self.registry.get(component).is_none() {
            return Err(ConfigError::new("component", "one of the registry's"));
        }
        let check = Check {
            component: component.into(),
            run: Arc::new(move || Box::pin(check())),
            last: Arc::new(watch::Sender::new(Last::default())),
        };
        self.checks = self
            .checks
            .iter()
            .filter(|other| *other.component != *component)
            .cloned()
            .chain([check])
            .collect();
        Ok(self)
    }

    /// How long a check may take, over 0 and at most [`MAX_LIMIT`](Self::MAX_LIMIT). With more than the 400 ms that it
    /// has by default, `grpc.health.v1` may take longer than 500 ms.
    ///
    /// # Errors
    /// [`ConfigError`] if it is out of range.
    pub fn check_limit(mut self, limit: Duration) -> Result<Self, ConfigError> {
        if limit.is_zero() || limit > Self::MAX_LIMIT {
            return Err(ConfigError::new("check_limit", "over 0 and at most 1.8 s"));
        }
        self.limit = limit;
        Ok(self)
    }

    /// For how long the outcome of a check is used before a probe runs it again; 1 s.
    #[must_use]
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time;
        self
    }

    /// Takes the time from another clock than the runtime's; heartbeats have to come from the same one. Limits of checks
    /// stay with the runtime's timer.
    pub fn with_clock<D: Clock>(self, clock: D) -> Health<D> {
        Health {
            registry: self.registry,
            checks: self.checks,
            limit: self.limit,
            fresh_for: self.fresh_for,
            clock,
            watch: self.watch,
        }
    }

    /// Tells `observer` when a component's status or the readiness of the whole is another than at the last probe; the
    /// first probe tells all. What changes back before a probe looks is not told. See
    /// [`INSTRUMENTS`](super::INSTRUMENTS).
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + Send + Sync + 'static) -> Self {
        self.watch = Watch::new(Arc::new(observer));
        self
    }

    /// The registry that it tells of.
    #[must_use]
    pub fn registry(&self) -> &Registry<Shared> {
        &self.registry
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> Health<C> {
    /// The service that answers `/livez` and `/readyz`.
    #[must_use]
    pub fn http(&self) -> HttpHealth<C> {
        HttpHealth::new(self.clone())
    }

    /// The service that answers `grpc.health.v1.Health`, for tonic's router or any HTTP/2 server.
    #[cfg(feature = "grpc")]
    #[must_use]
    pub fn grpc(&self) -> tonic_health::pb::health_server::HealthServer<super::GrpcHealth<C>> {
        tonic_health::pb::health_server::HealthServer::new(super::GrpcHealth::new(self.clone()))
    }

    /// How long a watcher waits until it looks again.
    #[cfg(feature = "grpc")]
    pub(super) fn between_looks(&self) -> Duration {
        self.fresh_for.max(millis(100))
    }

    /// All components, as last recorded.
    pub(super) fn told(&self) -> Vec<Told<'_>> {
        let now = self.clock.now();
        let components = self.registry.iter();
        components
            .map(|(name, component)| Told {
                name,
                need: component.need(),
                status: component.status(),
                is_live: component.is_live(now),
            })
            .collect()
    }

    /// Runs the checks of all components, or of the one named, and tells how they are.
    pub(super) async fn checked(&self, component: Option<&str>) -> Vec<Told<'_>> {
        let hanging = self.run(component).await;
        let mut told = self.told();
        told.retain(|told| component.is_none_or(|name| name == told.name));
        for told in &mut told {
            if hanging.iter().any(|name| name == told.name) {
                told.status = Status::Down;
            }
        }
        match component {
            Some(_) => self.watch.looked(&told),
            None => self.watch.looked_at_all(&told),
        }
        told
    }

    /// Runs the checks that are not fresh; returns the components whose check does not even end when its time is over,
    /// because it blocks its thread.
    async fn run(&self, component: Option<&str>) -> Vec<String> {
        let wanted = |check: &&Check| component.is_none_or(|name| *name == *check.component);
        for check in self.checks.iter().filter(wanted) {
            self.start(check);
        }
        let ended = async {
            for check in self.checks.iter().filter(wanted) {
                // The sender lives in `check`: this cannot fail.
                let _ = check
                    .last
                    .subscribe()
                    .wait_for(|last| !last.is_under_way)
                    .await;
            }
        };
        match timeout(self.limit + millis(50), ended).await {
            Ok(()) => Vec::new(),
            Err(_) => self
                .checks
                .iter()
                .filter(wanted)
                .filter(|check| check.last.borrow().is_under_way)
                .map(|check| String::from(&*check.component))
                .collect(),
        }
    }

    fn start(&self, check: &Check) {
        let now = self.clock.now();
        let is_mine = check.last.send_if_modified(|last| {
            let is_fresh = last
                .ended
                .is_some_and(|ended| now.saturating_since(ended) < self.fresh_for);
            let is_due = !last.is_under_way && !is_fresh;
            last.is_under_way |= is_due;
            is_due
        });
        if !is_mine {
            return;
        }
        let running = Running {
            health: self.clone(),
            check: check.clone(),
            outcome: Outcome::Failure,
        };
        tokio::spawn(running.run());
    }
}

/// A check under way; however it ends, also by a panic, its end is recorded.
struct Running<C: Clock> {
    health: Health<C>,
    check: Check,
    outcome: Outcome,
}

impl<C: Clock> Running<C> {
    async fn run(mut self) {
        let work = (self.check.run)();
        if let Ok(outcome) = timeout(self.health.limit, work).await {
            self.outcome = outcome;
        }
    }
}

impl<C: Clock> Drop for Running<C> {
    fn drop(&mut self) {
        if let Some(component) = self.health.registry.get(&self.check.component) {
            component.record(self.outcome);
        }
        let now = self.health.clock.now();
        self.check.last.send_replace(Last {
            is_under_way: false,
            ended: Some(now),
        });
    }
}

/// What all of them come to.
pub(super) fn report(told: &[Told<'_>]) -> Report {
    told.iter().fold(Report::NOTHING, |report, told| {
        report.and(told.need, told.status, told.is_live)
    })
}

impl<C: Clone> Clone for Health<C> {
    fn clone(&self) -> Self {
        Self {
            registry: Arc::clone(&self.registry),
            checks: Arc::clone(&self.checks),
            limit: self.limit,
            fresh_for: self.fresh_for,
            clock: self.clock.clone(),
            watch: self.watch.clone(),
        }
    }
}

impl<C> fmt::Debug for Health<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("registry", &self.registry)
            .field("checks", &self.checks.len())
            .field("limit", &self.limit)
            .field("fresh_for", &self.fresh_for)
            .finish_non_exhaustive()
    }
}
