//! Calls to a database: [`Database`] and [`Query`].
//!
//! Drivers of databases are many and are no tower services. What they have in common is an operation on a table that
//! takes a while and may fail, so this is a wrapper around the call, whatever it is: a function that blocks or a
//! future. As in the Layers the sampler is asked first, and a call that fails is told in full although nobody
//! wanted it before; what it would say is borrowed until then.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use gofarm_core::observe::Instrument;
use gofarm_core::trace_context::{SpanId, TraceContext};
use pin_project::pin_project;

use super::ending::Ending;
use super::labels::Labels;
use super::list::List;
use super::method::Method;
use super::pipeline::Pipeline;
use super::rows::{Index, Key, Rows};
use crate::attribute::Attribute;
use crate::clock::Moment;
use crate::current;
use crate::instrument::Histogram;
use crate::semantic::{self, database as names, network};
use crate::span::{SpanKind, SpanRecord, Status};
use crate::tracer::{Span, SpanStart};

pub(super) static DURATION: Instrument = Instrument::histogram(
    names::CLIENT_OPERATION_DURATION,
    "s",
    "Duration of database client operations",
);

/// Traces and times the calls to one database; clones are for the same one.
///
/// ```
/// use gofarm_otel::layer::{Database, Query};
/// # use gofarm_otel::batch::Kind;
/// # use gofarm_otel::clock::Clock;
/// # use gofarm_otel::instrument::Registry;
/// # use gofarm_otel::layer::Pipeline;
/// # use gofarm_otel::queue::Queue;
/// # use gofarm_otel::resource::Resource;
/// # use gofarm_otel::sampler::Sampler;
/// # use gofarm_otel::tracer::TracerProvider;
/// use gofarm_otel::semantic::database;
///
/// # let sampler = Sampler::always_on();
/// # let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
/// # let tracers = TracerProvider::new(sampler.clone(), queue, Clock::system());
/// # let pipeline = Pipeline::new(&tracers, sampler, Registry::new());
/// let plots = Database::new(&pipeline, database::SQLITE).namespace("farm");
///
/// let query = Query::new("SELECT").collection("plots").text("SELECT water FROM plots WHERE id = ?");
/// let water = plots.run(&query, || Ok::<_, std::io::Error>(0.31))?;
/// # assert_eq!(water, 0.31);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Database(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    pipeline: Pipeline,
    system: &'static str,
    namespace: String,
    address: String,
    port: Option<u16>,
    rows: Arc<Rows<Histogram>>,
}

/// What is asked of a database, borrowed.
///
/// ```
/// use gofarm_otel::layer::Query;
///
/// let query = Query::new("INSERT").collection("readings").batch(40);
/// # let _ = query;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    operation: &'a str,
    collection: &'a str,
    text: &'a str,
    batch: Option<u32>,
}

impl<'a> Query<'a> {
    /// An operation as the database calls it, of low cardinality: `SELECT`, `HMSET`.
    #[must_use]
    pub const fn new(operation: &'a str) -> Self {
        Self {
            operation,
            collection: "",
            text: "",
            batch: None,
        }
    }

    /// The table or the collection that it works on, of low cardinality.
    #[must_use]
    pub const fn collection(mut self, collection: &'a str) -> Self {
        self.collection = collection;
        self
    }

    /// The whole query, with placeholders: values in it would be readable in the trace.
    #[must_use]
    pub const fn text(mut self, text: &'a str) -> Self {
        self.text = text;
        self
    }

    /// How many operations it is, if it is more than one.
    #[must_use]
    pub const fn batch(mut self, operations: u32) -> Self {
        self.batch = Some(operations);
        self
    }

    fn tell(&self, list: &mut List<'a>) {
        list.text(names::OPERATION_NAME, self.operation);
        list.text(names::COLLECTION_NAME, self.collection);
        list.text(names::QUERY_TEXT, self.text);
        if let Some(operations) = self.batch.filter(|operations| *operations > 1) {
            list.push(Attribute::int(
                names::OPERATION_BATCH_SIZE,
                i64::from(operations),
            ));
        }
    }
}

impl Database {
    /// Reports to `pipeline` about a database of that kind; see [`semantic::database`] for names.
    #[must_use]
    pub fn new(pipeline: &Pipeline, system: &'static str) -> Self {
        Self(Arc::new(Inner {
            pipeline: pipeline.clone(),
            system,
            namespace: String::new(),
            address: String::new(),
            port: None,
            rows: Arc::new(Rows::new(system)),
        }))
    }

    /// Sets the name of the database within its system.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).namespace = namespace.into();
        self
    }

    /// Sets where its server is; a database in a file has none.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>, port: u16) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        (inner.address, inner.port) = (address.into(), Some(port));
        self
    }

    /// Does `work`, which asks `query` and waits for the answer on this thread.
    ///
    /// # Errors
    /// Those of `work`; the type of the error is told as `error.type`.
    pub fn run<T, E>(
        &self,
        query: &Query<'_>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut operation = Operation::begin(self, *query);
        let result = work();
        operation.ended(result.as_ref().err().map(|_| type_name::<E>()));
        result
    }

    /// Awaits `work`, which asks `query`; dropped before its end, it counts as cancelled.
    ///
    /// The operation begins now, not when the future is first polled.
    pub fn call<'a, F>(&'a self, query: Query<'a>, work: F) -> DatabaseFuture<'a, F>
    where
        F: Future,
    {
        DatabaseFuture {
            work,
            operation: Operation::begin(self, query),
        }
    }
}

impl Inner {
    fn bind(&self, query: &Query<'_>) -> Index {
        let key = Key {
            method: Method::Other,
            route: query.operation,
            host: query.collection,
            port: None,
        };
        self.rows.bind(&key, || self.name(query))
    }

    /// The name of the span: the operation and its target ("Database spans", section *Name*).
    fn name(&self, query: &Query<'_>) -> Box<str> {
        let target = [query.collection, &self.namespace, &self.address];
        let target = target
            .into_iter()
            .find(|target| !target.is_empty())
            .unwrap_or("");
        match (query.operation, target) {
            ("", "") => self.system.into(),
            ("", target) => target.into(),
            (operation, "") => operation.into(),
            (operation, target) => format!("{operation} {target}").into(),
        }
    }

    fn histogram(&self, index: Index, ending: Ending) -> &Histogram {
        let row = self.rows.row(index);
        row.histogram(ending, |ending| {
            let key = row.key();
            let mut labels = Labels::new();
            labels.text(names::SYSTEM_NAME, self.system);
            labels.text(names::NAMESPACE, &self.namespace);
            labels.text(names::OPERATION_NAME, key.route);
            labels.text(names::COLLECTION_NAME, key.host);
            labels.text(network::SERVER_ADDRESS, &self.address);
            labels.number(network::SERVER_PORT, self.port);
            labels.text(semantic::ERROR_TYPE, error_type(ending));
            if ending.is_none() || Rows::<Histogram>::is_overflow(index) {
                labels.text(semantic::METRIC_OVERFLOW, "true");
            }
            self.pipeline
                .registry
                .histogram(&DURATION, labels.as_slice())
        })
    }

    fn tell<'a>(&'a self, list: &mut List<'a>) {
        list.text(names::SYSTEM_NAME, self.system);
        list.text(names::NAMESPACE, &self.namespace);
        list.text(network::SERVER_ADDRESS, &self.address);
        list.port(network::SERVER_PORT, self.port);
    }
}

/// One call under way.
struct Operation<'a> {
    database: &'a Inner,
    query: Query<'a>,
    start: Moment,
    context: TraceContext,
    parent: Option<SpanId>,
    span: Option<Span>,
    row: Index,
    is_told: bool,
}

impl<'a> Operation<'a> {
    fn begin(database: &'a Database, query: Query<'a>) -> Self {
        let database = &*database.0;
        let pipeline = &database.pipeline;
        let start = pipeline.clock.now();
        let row = database.bind(&query);
        let begin = SpanStart::new(database.rows.row(row).name(), start).kind(SpanKind::Client);
        let begin = current::trace().map_or(begin, |parent| begin.within(parent));
        let span = pipeline.tracer.begin(&begin);
        let context = span.context();
        if context.is_sampled() {
            let mut list = List::new();
            database.tell(&mut list);
            query.tell(&mut list);
            span.set_all(&list);
        }
        Self {
            database,
            query,
            start,
            context,
            parent: begin.parent.map(|parent| parent.span_id()),
            span: context.is_sampled().then_some(span),
            row,
            is_told: false,
        }
    }

    fn ended(&mut self, failure: Option<&'static str>) {
        self.tell(failure.map(Ending::Failed));
    }

    fn tell(&mut self, failure: Option<Ending>) {
        self.is_told = true;
        let pipeline = &self.database.pipeline;
        let now = pipeline.clock.now();
        let elapsed = now.since(self.start).as_secs_f64();
        let histogram = self
            .database
            .histogram(self.row, failure.unwrap_or(Ending::Done));
        match self.context.is_sampled() {
            true => histogram.record_within(elapsed, self.context),
            false => histogram.record(elapsed),
        }
        if let Some(span) = self.span.take() {
            if failure.is_some() {
                span.set(Attribute::text(semantic::ERROR_TYPE, error_type(failure)));
                span.fail("");
            }
            span.end_at(now);
        } else if failure.is_some_and(Ending::is_failure) && pipeline.sampler.keep_late(now) {
            self.record_late(failure, now);
        }
    }

    #[cold]
    fn record_late(&self, failure: Option<Ending>, now: Moment) {
        let pipeline = &self.database.pipeline;
        let mut list = List::new();
        self.database.tell(&mut list);
        self.query.tell(&mut list);
        list.text(semantic::ERROR_TYPE, error_type(failure));
        let at = |moment| pipeline.clock.timestamp(moment);
        let name = self.database.rows.row(self.row).name();
        let record = SpanRecord::new(self.context, name, at(self.start), at(now))
            .kind(SpanKind::Client)
            .attributes(&list)
            .status(Status::Error(""));
        let record = self.parent.map_or(record, |parent| record.parent(parent));
        // A queue that is full has counted it.
        let _ = pipeline.tracer.record(&record);
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(Some(Ending::Cancelled));
        }
    }
}

/// The value of `error.type`; empty for a success.
fn error_type(ending: Option<Ending>) -> &'static str {
    match ending {
        Some(Ending::Failed(name)) => name,
        Some(Ending::Cancelled) => "cancelled",
        _ => "",
    }
}

/// The future of [`Database::call`].
#[pin_project]
pub struct DatabaseFuture<'a, F> {
    #[pin]
    work: F,
    operation: Operation<'a>,
}

impl<F, T, E> Future for DatabaseFuture<'_, F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.work.poll(cx));
        this.operation
            .ended(result.as_ref().err().map(|_| type_name::<E>()));
        Poll::Ready(result)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("system", &self.0.system)
            .field("namespace", &self.0.namespace)
            .finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for DatabaseFuture<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseFuture")
            .field("query", &self.operation.query)
            .finish_non_exhaustive()
    }
}
