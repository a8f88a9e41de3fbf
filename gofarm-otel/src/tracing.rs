//! Spans and events of the `tracing` crate: [`Layer`].
//!
//! A bridge that builds a span from all fields and asks the sampler afterwards pays for spans that nobody sees.
//! This one asks first, with the name alone. A `tracing` span that is not kept leaves nothing behind, not even a
//! note in the registry: what it causes finds a parent without a span of ours, and is not kept either. So the
//! trace of a request that was sampled out ends here; a client layer that must pass on its ids takes them from the
//! server layer.
//!
//! While a kept span is entered it is the current one of the OpenTelemetry API as well, so both kinds of
//! instrumentation form one trace.
//!
//! Fields with a meaning, as other bridges have them: `otel.name`, `otel.kind`, `otel.status_code` (`ok`, `error`)
//! and `otel.status_description`. The field `message` of an event is the body of its log record.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use gofarm_core::trace_context::TraceContext;
use opentelemetry::logs::{LogRecord as _, Logger as _, Severity};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context as Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::current;
use crate::logger::Logger;
use crate::sampler::Parent;
use crate::tracer::{Span, SpanStart, Tracer, span_context};

mod visit;

use visit::{KindField, LogFields, SpanFields};

/// Turns `tracing` spans into spans of a [`Tracer`], and events into log records of a [`Logger`].
///
/// ```
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::logger::LoggerProvider;
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
/// use gofarm_otel::tracer::TracerProvider;
/// use gofarm_otel::tracing::Layer;
/// use tracing_subscriber::layer::SubscriberExt;
/// # use gofarm_otel::sampler::{Decision, Head, Sample};
/// # struct Always;
/// # impl Sample for Always {
/// #     fn sample(&self, _: &Head<'_>) -> Decision { Decision::Keep }
/// # }
///
/// let resource = Resource::new("irrigation-gateway");
/// let spans = Queue::new(Kind::Traces, &resource, 1 << 20);
/// let logs = Queue::new(Kind::Logs, &resource, 1 << 20);
/// let tracers = TracerProvider::new(Always, spans.clone(), Clock::system());
/// let loggers = LoggerProvider::new(logs.clone(), Clock::system());
/// let layer = Layer::new()
///     .spans(tracers.tracer("tracing"))
///     .events(loggers.logger("tracing"));
/// let subscriber = tracing_subscriber::registry().with(layer);
///
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("plan a day", zone = "north").in_scope(|| {
///         tracing::warn!(level = 0.04, "the tank is nearly empty");
///     });
/// });
/// assert_eq!(spans.take(1 << 20).map(|batch| batch.items), Some(1));
/// assert_eq!(logs.take(1 << 20).map(|batch| batch.items), Some(1));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until a subscriber has it"]
pub struct Layer {
    tracer: Option<Tracer>,
    logger: Option<Logger>,
}

impl Layer {
    /// A layer that ignores everything.
    pub const fn new() -> Self {
        Self {
            tracer: None,
            logger: None,
        }
    }

    /// This layer, with spans begun by `tracer`.
    pub fn spans(mut self, tracer: Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// This layer, with events written by `logger`.
    pub fn events(mut self, logger: Logger) -> Self {
        self.logger = Some(logger);
        self
    }
}

/// A kept span, as the registry holds it.
struct Kept {
    span: Span,
    /// The context of the API in which it is the current span.
    context: Context,
}

/// What causes a new span.
enum Cause {
    Nothing,
    Kept(TraceContext),
    /// What is current in the API or, if nothing is, that span.
    Current(Option<TraceContext>),
    NotKept,
}

impl Layer {
    fn cause<S>(attributes: &Attributes<'_>, registry: &Registry<'_, S>) -> Cause
    where
        S: Subscriber + for<'l> LookupSpan<'l>,
    {
        if attributes.is_root() {
            return Cause::Nothing;
        }
        let explicit = attributes.parent().and_then(|id| registry.span(id));
        let is_explicit = explicit.is_some();
        let Some(parent) = explicit.or_else(|| registry.lookup_current()) else {
            return Cause::Current(None);
        };
        let extensions = parent.extensions();
        match extensions.get::<Kept>() {
            None => Cause::NotKept,
            Some(kept) if is_explicit => Cause::Kept(kept.span.context()),
            // What was entered last is current in the API, or something within it.
            Some(kept) => Cause::Current(Some(kept.span.context())),
        }
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, registry: Registry<'_, S>) {
        let Some(tracer) = &self.tracer else {
            return;
        };
        let metadata = attributes.metadata();
        let mut start = SpanStart::new(metadata.name(), tracer.clock().now());
        match Self::cause(attributes, &registry) {
            Cause::NotKept => return,
            Cause::Nothing => {}
            Cause::Kept(parent) => start = start.within(parent),
            Cause::Current(entered) => start = within_current(start, entered),
        }
        if Context::is_current_telemetry_suppressed() {
            return;
        }
        if metadata.fields().field(visit::KIND).is_some() {
            let mut kind = KindField::default();
            attributes.record(&mut kind);
            start = start.kind(kind.0);
        }
        let span = tracer.begin(&start);
        if !span.is_recording() {
            return;
        }
        attributes.record(&mut SpanFields(&span));
        let context = Context::map_current(|current| span.in_context(current));
        if let Some(entry) = registry.span(id) {
            entry.extensions_mut().insert(Kept { span, context });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, registry: Registry<'_, S>) {
        // A value's `Debug` may itself emit an event: the registry must not be locked meanwhile.
        if let Some(span) = writer(id, &registry) {
            values.record(&mut SpanFields(&span));
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, registry: Registry<'_, S>) {
        let span = writer(id, &registry);
        let followed = writer(follows, &registry);
        if let (Some(span), Some(followed)) = (span, followed) {
            span.link(followed.context());
        }
    }

    fn on_event(&self, event: &Event<'_>, registry: Registry<'_, S>) {
        let Some(logger) = &self.logger else {
            return;
        };
        let metadata = event.metadata();
        let severity = severity(*metadata.level());
        if !logger.is_enabled(severity) {
            return;
        }
        let mut record = logger.create_log_record();
        record.set_target(metadata.target());
        record.set_severity_number(severity);
        record.set_severity_text(metadata.level().as_str());
        event.record(&mut LogFields(&mut record));
        // Otherwise it belongs to what is current in the API: the span that was entered last, or one within it.
        if let Some(parent) = event.parent().and_then(|id| registry.span(id))
            && let Some(kept) = parent.extensions().get::<Kept>()
        {
            record.within(kept.span.context());
        }
        logger.emit(record);
    }

    fn on_enter(&self, id: &Id, registry: Registry<'_, S>) {
        let Some(entry) = registry.span(id) else {
            return;
        };
        let context = entry
            .extensions()
            .get::<Kept>()
            .map(|kept| kept.context.clone());
        if let Some(context) = context {
            enter(id, context);
        }
    }

    fn on_exit(&self, id: &Id, _: Registry<'_, S>) {
        exit(id);
    }

    fn on_close(&self, id: Id, registry: Registry<'_, S>) {
        let entry = registry.span(&id);
        // Ended once the registry is not locked any more.
        let kept = entry.and_then(|entry| entry.extensions_mut().remove::<Kept>());
        drop(kept);
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.span.fmt(f)
    }
}

std::thread_local! {
    /// The kept spans that this thread has entered, each with what makes it the current one of the API.
    static ENTERED: RefCell<Vec<(Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

fn enter(id: &Id, context: Context) {
    let guard = context.attach();
    // While a thread ends nothing is entered any more, and the guard leaves again.
    let _ = ENTERED.try_with(|entered| {
        if let Ok(mut entered) = entered.try_borrow_mut() {
            entered.push((id.clone(), guard));
        }
    });
}

fn exit(id: &Id) {
    let left = ENTERED.try_with(|entered| {
        let mut entered = entered.try_borrow_mut().ok()?;
        let at = entered.iter().rposition(|(of, _)| of == id)?;
        Some(entered.remove(at))
    });
    // The context may end spans as it goes.
    drop(left);
}

/// A handle that writes to a kept span, without a lock on the registry.
fn writer<S>(id: &Id, registry: &Registry<'_, S>) -> Option<Span>
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    let entry = registry.span(id)?;
    let extensions = entry.extensions();
    Some(extensions.get::<Kept>()?.span.writer())
}

/// The start of a span within the one that is current in the API or, if there is none, within `entered`.
fn within_current(start: SpanStart<'_>, entered: Option<TraceContext>) -> SpanStart<'_> {
    Context::map_current(|context| {
        let span = context.span();
        let api = span.span_context();
        match span_context::from_api(api) {
            None => match entered.or_else(current::unrecorded) {
                Some(parent) => start.within(parent),
                None => start,
            },
            Some(parent) if api.is_remote() => {
                let sampled = parent.is_sampled();
                start.remote(parent, Parent::Remote { sampled }, "")
            }
            Some(parent) => start.within(parent),
        }
    })
}

fn severity(level: Level) -> Severity {
    match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    }
}
