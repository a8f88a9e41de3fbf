//! Log records with the ids of their trace: [`LoggerProvider`], [`Logger`], [`LogRecord`].
//!
//! A record is encoded while it is filled, like a [span](crate::tracer), and waits in a
//! [queue](crate::queue) of its own. It belongs to the trace that it was told or, failing that, to the current
//! context of the API, so that a line in a log is found from the span and the span from the line.
//!
//! Records are not sampled: which ones are worth a link's capacity is a matter of their severity. A key that is
//! added twice is sent twice.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use opentelemetry::logs::{self, Severity};
use opentelemetry::{Context, InstrumentationScope};

use crate::clock::Clock;
use crate::current;
use crate::queue::{Queue, Scope};
use crate::tracer::Limits;

mod record;

pub use record::LogRecord;

/// Makes loggers; clones are the same provider.
///
/// ```
/// use gofarm_otel::attribute::Attribute;
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::logger::LoggerProvider;
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
/// use opentelemetry::logs::{Logger, LogRecord, Severity};
///
/// let queue = Queue::new(Kind::Logs, &Resource::new("irrigation-gateway"), 1 << 20);
/// let logger = LoggerProvider::new(queue.clone(), Clock::system()).logger("planner");
/// let mut record = logger.create_log_record();
/// record.set_severity_number(Severity::Warn);
/// record.text("the tank is nearly empty");
/// record.set(Attribute::double("gofarm.tank.level", 0.04));
/// logger.emit(record);
/// assert_eq!(queue.take(1 << 20).map(|batch| batch.items), Some(1));
/// ```
#[derive(Clone)]
pub struct LoggerProvider(Arc<Shared>);

struct Shared {
    queue: Queue,
    clock: Clock,
    limits: Limits,
    least: Severity,
    /// Targets that were seen, as scopes.
    targets: RwLock<HashMap<Box<str>, Scope>>,
}

impl LoggerProvider {
    /// A provider that writes to `queue` and tells the time by `clock`.
    #[must_use]
    pub fn new(queue: Queue, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            queue,
            clock,
            limits: Limits::new(),
            least: Severity::Trace,
            targets: RwLock::default(),
        }))
    }

    /// This provider with other bounds for a record, in which events and links play no part.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|shared| shared.limits = limits)
    }

    /// This provider without what is less severe.
    #[must_use]
    pub fn at_least(self, severity: Severity) -> Self {
        self.with(|shared| shared.least = severity)
    }

    /// The logger of a library or a part of an application.
    #[must_use]
    pub fn logger(&self, name: impl Into<Cow<'static, str>>) -> Logger {
        self.logger_for(&InstrumentationScope::builder(name).build())
    }

    /// The clock by which records are timed.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The queue that records go to.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.0.queue
    }

    fn logger_for(&self, scope: &InstrumentationScope) -> Logger {
        Logger {
            provider: self.clone(),
            scope: self.0.queue.scope(scope),
        }
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared {
            queue: self.0.queue.clone(),
            clock: self.0.clock.clone(),
            limits: self.0.limits,
            least: self.0.least,
            targets: RwLock::default(),
        };
        change(&mut shared);
        Self(Arc::new(shared))
    }
}

impl logs::LoggerProvider for LoggerProvider {
    type Logger = Logger;

    fn logger_with_scope(&self, scope: InstrumentationScope) -> Logger {
        self.logger_for(&scope)
    }
}

impl fmt::Debug for LoggerProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggerProvider")
            .field("queue", &self.0.queue)
            .field("least", &self.0.least)
            .finish_non_exhaustive()
    }
}

/// Writes log records for one library or one part of an application; clones are the same logger.
///
/// See [`LoggerProvider`] for an example.
#[derive(Clone, Debug)]
pub struct Logger {
    provider: LoggerProvider,
    scope: Scope,
}

impl Logger {
    /// The scope of a target, the module of a log line, which stands in place of the logger's own.
    fn scope_of(&self, target: &str) -> Scope {
        let shared = &*self.provider.0;
        let targets = shared.targets.read();
        let known = targets.unwrap_or_else(PoisonError::into_inner);
        if let Some(scope) = known.get(target) {
            return *scope;
        }
        drop(known);
        let scope = InstrumentationScope::builder(alloc::string::String::from(target)).build();
        let scope = shared.queue.scope(&scope);
        let mut targets = shared
            .targets
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if targets.len() < TARGETS {
            targets.insert(target.into(), scope);
        }
        scope
    }

    pub(crate) fn is_enabled(&self, severity: Severity) -> bool {
        severity >= self.provider.0.least && !Context::is_current_telemetry_suppressed()
    }
}

/// Targets that are remembered.
const TARGETS: usize = 512;

impl logs::Logger for Logger {
    type LogRecord = LogRecord;

    fn create_log_record(&self) -> LogRecord {
        LogRecord::new(self.provider.0.limits)
    }

    fn emit(&self, mut record: LogRecord) {
        let shared = &*self.provider.0;
        let too_little = record.severity().is_some_and(|of| of < shared.least);
        if too_little || Context::is_current_telemetry_suppressed() {
            return;
        }
        let scope = match record.target() {
            Some(target) => self.scope_of(target),
            None => self.scope,
        };
        let now = shared.clock.timestamp(shared.clock.now());
        let trace = record.trace().or_else(current::trace);
        // A queue that is full has counted it.
        let _ = shared.queue.push(scope, record.finish(now, trace));
    }

    fn event_enabled(&self, level: Severity, _target: &str, _name: Option<&str>) -> bool {
        self.is_enabled(level)
    }
}
