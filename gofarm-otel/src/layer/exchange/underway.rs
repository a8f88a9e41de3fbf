//! What is known of a request under way: [`Underway`].

use gofarm_core::trace_context::{SpanId, TraceContext};
use http::header::HeaderValue;
use http::{Request, Uri};
use opentelemetry::Context;

use crate::attribute::Attribute;
use crate::clock::Moment;
use crate::current;
use crate::layer::address::Address;
use crate::layer::captured::Captured;
use crate::layer::code::Code;
use crate::layer::description::Description;
use crate::layer::ending::Ending;
use crate::layer::incoming::Incoming;
use crate::layer::inline::readable;
use crate::layer::list::List;
use crate::layer::method::Method;
use crate::layer::picked::Picked;
use crate::layer::role::Role;
use crate::layer::rows::{Index, Key};
use crate::layer::scheme::known_scheme;
use crate::layer::scope::{Entered, Passed, Scope};
use crate::layer::terms::Terms;
use crate::propagation::{Outgoing, Propagators};
use crate::sampler::Parent;
use crate::semantic::{self, http as names, rpc};
use crate::span::{SpanRecord, Status};
use crate::tracer::{Span, SpanStart};

/// What is known of a request under way; written over by one after the other.
pub(super) struct Underway {
    start: Moment,
    /// None before it begins.
    context: Option<TraceContext>,
    parent: Option<SpanId>,
    /// The span, if it is recorded.
    span: Option<Span>,
    /// What it would say if it is not; which method an RPC asks for, if that is not known to exist.
    captured: Captured,
    /// Where it is counted, if that is known already.
    row: Option<Index>,
    /// What the work of a server on it takes along.
    scope: Scope,
    /// By which method a server is asked.
    method: Method,
    /// Whether it asks for the head of an answer alone.
    is_head: bool,
}

impl Underway {
    /// Nothing.
    pub(super) const fn new() -> Self {
        Self {
            start: Moment::from_nanos(0),
            context: None,
            parent: None,
            span: None,
            captured: Captured::NOTHING,
            row: None,
            scope: Scope::NONE,
            method: Method::Other,
            is_head: false,
        }
    }

    /// Forgets what was said about a request and about its trace.
    pub(super) fn forget(&mut self) {
        self.context = None;
        self.span = None;
        self.captured.forget();
        self.scope = Scope::NONE;
    }

    /// A request begins, on whichever side the layer stands.
    #[inline]
    pub(super) fn begin<B>(&mut self, terms: &Terms, request: &mut Request<B>) {
        match terms.role.is_server() {
            true => self.incoming(terms, request),
            false => self.outgoing(terms, request),
        }
    }

    /// The request comes in: who sent it, is it wanted, and only then what it says.
    fn incoming<B>(&mut self, terms: &Terms, request: &Request<B>) {
        let pipeline = &terms.pipeline;
        self.start = pipeline.clock.now();
        let head = Incoming::of(request);
        let picked = Picked::of(request.headers());
        let remote = pipeline.propagators.extract(&picked);
        let method = method(terms.role, request);
        self.is_head = method == Method::Head;
        let route = terms.route_of(head);
        let key = Key {
            method,
            route,
            host: "",
            port: None,
        };
        self.row = match terms.role {
            // A stranger names the method of an RPC: it becomes a row when it was found to exist.
            Role::GrpcServer => terms.rows.find(&key),
            _ => Some(terms.bind(&key)),
        };
        let name = self.row.map_or(route, |row| terms.rows.row(row).name());
        let begin = SpanStart::new(name, self.start).kind(terms.role.kind());
        let begin = match &remote {
            Some(remote) => begin.remote(remote.context, remote.parent, remote.trace_state),
            None => current::trace().map_or(begin, |parent| begin.within(parent)),
        };
        self.parent = begin.parent.map(|parent| parent.span_id());
        let context = pipeline.tracer.decide(&begin);
        self.context = Some(context);
        self.scope.unrecorded(context);
        self.scope
            .pass(pipeline.propagators, remote.as_ref(), &picked);
        let peer = terms.peer.as_ref().and_then(|peer| peer(head));
        let may_be_late = !context.is_sampled() && pipeline.sampler.keeps_late();
        if may_be_late || self.row.is_none() {
            self.captured
                .keep(request, &picked, method, terms.scheme, peer);
        }
        if context.is_sampled() {
            let span = pipeline.tracer.open(&begin, context);
            let address = address(request.uri(), picked.host, terms.scheme);
            let described = Description {
                peer,
                user_agent: picked
                    .user_agent
                    .map_or("", |value| readable(value.as_bytes())),
                ..described(terms.role, request, method, terms.scheme, address, route)
            };
            self.keep(terms.role, span, &described);
        }
        // At last: what panics before has not begun, and will not end.
        if let Some(active) = &terms.active {
            self.method = method;
            active.begun(method, terms.scheme, &pipeline.registry);
        }
    }

    /// The span is recorded: now it is told what the request says.
    fn keep(&mut self, role: Role, span: Span, described: &Description<'_>) {
        described.tell(&[], |attributes| span.set_all(attributes));
        if role.is_server() {
            self.scope.recorded(span.in_context(&Context::current()));
        }
        self.span = Some(span);
    }

    /// The request goes out, and takes along in its headers which trace it belongs to.
    fn outgoing<B>(&mut self, terms: &Terms, request: &mut Request<B>) {
        let pipeline = &terms.pipeline;
        self.start = pipeline.clock.now();
        let method = method(terms.role, request);
        self.is_head = method == Method::Head;
        let scheme = known_scheme(request.uri().scheme_str()).unwrap_or(terms.scheme);
        let picked = Picked::of(request.headers());
        let address = address(request.uri(), picked.host, scheme);
        let route = terms.route_of(Incoming::of(request));
        let key = Key {
            method,
            route,
            host: address.host,
            port: address.port,
        };
        let row = terms.bind(&key);
        self.row = Some(row);
        let passed = Passed::current();
        let parent = current::trace();
        self.parent = parent.map(|parent| parent.span_id());
        let begin = SpanStart::new(terms.rows.row(row).name(), self.start).kind(terms.role.kind());
        let mut begin = parent.map_or(begin, |parent| begin.within(parent));
        if passed.is_debugged {
            begin.decision = Parent::Debug;
        }
        if let Some(trace_state) = &passed.trace_state {
            begin.trace_state = readable(trace_state.as_bytes());
        }
        let context = pipeline.tracer.decide(&begin);
        self.context = Some(context);
        if context.is_sampled() {
            self.keep(
                terms.role,
                pipeline.tracer.open(&begin, context),
                &described(terms.role, request, method, scheme, address, route),
            );
        } else if pipeline.sampler.keeps_late() {
            self.captured.keep(request, &picked, method, scheme, None);
        }
        inject(pipeline.propagators, context, &passed, request);
    }

    /// Whether it asks for the head of an answer alone.
    pub(super) const fn is_head(&self) -> bool {
        self.is_head
    }

    /// Makes the thread work for this request until the answer is dropped.
    #[inline]
    pub(super) fn enter(&mut self) -> Entered<'_> {
        self.scope.enter()
    }

    /// The request has ended.
    pub(super) fn end(&mut self, terms: &Terms, ending: Ending) {
        let Some(context) = self.context else {
            return;
        };
        if let Some(active) = &terms.active {
            active.ended(self.method);
        }
        let ending = match ending {
            Ending::Cancelled if terms.role.is_grpc() => Ending::Called(Code::CANCELLED),
            other => other,
        };
        let pipeline = &terms.pipeline;
        let now = pipeline.clock.now();
        let elapsed = now.since(self.start);
        let row = self.row.unwrap_or_else(|| self.recognised(terms, ending));
        let histogram = terms.histogram(row, ending);
        match context.is_sampled() {
            true => histogram.record_within(elapsed.as_secs_f64(), context),
            false => histogram.record(elapsed.as_secs_f64()),
        }
        // A call that is made for a request is a part of it.
        if terms.role.is_server() || self.parent.is_none() {
            pipeline.sampler.record(now, ending.is_failure(), elapsed);
        }
        if let Some(span) = self.span.take() {
            let route = terms.rows.row(row).key().route;
            if route == semantic::OTHER {
                let original = self.captured.rpc();
                span.set_all(&[
                    Attribute::text(rpc::METHOD, route),
                    Attribute::text(rpc::METHOD_ORIGINAL, original),
                ]);
            }
            ended(terms.role, ending, |attributes| span.set_all(attributes));
            if terms.role.is_error(ending) {
                span.fail("");
            }
            span.end_at(now);
        } else if ending.is_failure() && pipeline.sampler.keep_late(now) {
            self.record_late(terms, context, row, ending, now);
        }
    }

    /// The row of a call whose method was not known when it came.
    fn recognised(&self, terms: &Terms, ending: Ending) -> Index {
        let route = self.captured.rpc();
        let exists = !route.is_empty() && ending != Ending::Called(Code::UNIMPLEMENTED);
        let route = if exists { route } else { semantic::OTHER };
        terms.bind(&Key {
            method: Method::Other,
            route,
            host: "",
            port: None,
        })
    }

    /// Writes down after all what nobody wanted before it failed.
    #[cold]
    fn record_late(
        &self,
        terms: &Terms,
        context: TraceContext,
        row: Index,
        ending: Ending,
        now: Moment,
    ) {
        let pipeline = &terms.pipeline;
        let row = terms.rows.row(row);
        let at = |moment| pipeline.clock.timestamp(moment);
        let described = self.captured.describe(terms.role, row.key().route);
        ended(terms.role, ending, |more| {
            described.tell(more, |attributes| {
                let record = SpanRecord::new(context, row.name(), at(self.start), at(now))
                    .kind(terms.role.kind())
                    .attributes(attributes)
                    .status(Status::Error(""));
                let record = self.parent.map_or(record, |parent| record.parent(parent));
                // A queue that is full has counted it.
                let _ = pipeline.tracer.record(&record);
            });
        });
    }
}

/// Gives what is said about the end of a request to `to`.
fn ended(role: Role, ending: Ending, to: impl FnOnce(&[Attribute<'_>])) {
    let kind = ending.error_type(role);
    let mut list = List::new();
    match ending {
        Ending::Answered(status) => {
            list.push(Attribute::int(
                names::RESPONSE_STATUS_CODE,
                i64::from(status),
            ));
        }
        Ending::Called(code) => list.text(rpc::RESPONSE_STATUS_CODE, code.as_str()),
        Ending::Done | Ending::Failed(_) | Ending::Cancelled => {}
    }
    list.text(
        semantic::ERROR_TYPE,
        kind.as_ref().map_or("", |kind| kind.as_str()),
    );
    to(&list);
}

/// RPCs are told apart by their names alone.
fn method<B>(role: Role, request: &Request<B>) -> Method {
    match role.is_grpc() {
        true => Method::Other,
        false => Method::from(request.method()),
    }
}

fn address<'a>(uri: &'a Uri, host: Option<&'a HeaderValue>, scheme: &str) -> Address<'a> {
    let address = Address::of(uri).unwrap_or_else(|| {
        let host = host.and_then(|host| host.to_str().ok());
        Address::parse(host.unwrap_or(""))
    });
    match address.host {
        "" => address,
        _ => address.or_port_of(scheme),
    }
}

fn described<'a, B>(
    role: Role,
    request: &'a Request<B>,
    method: Method,
    scheme: &'a str,
    address: Address<'a>,
    route: &'a str,
) -> Description<'a> {
    let original = match method {
        Method::Other if !role.is_grpc() => request.method().as_str(),
        _ => "",
    };
    Description {
        role,
        method,
        original,
        scheme,
        address,
        path: request.uri().path(),
        query: request.uri().query().unwrap_or(""),
        user_agent: "",
        version: request.version(),
        route,
        peer: None,
    }
}

fn inject<B>(
    propagators: Propagators,
    context: TraceContext,
    passed: &Passed,
    request: &mut Request<B>,
) {
    let outgoing = Outgoing::new(context);
    let outgoing = if passed.is_debugged {
        outgoing.debug()
    } else {
        outgoing
    };
    let headers = request.headers_mut();
    propagators.inject(outgoing, headers);
    // The values are shared, not copied.
    let pairs = [
        (Propagators::W3C, "tracestate", &passed.trace_state),
        (Propagators::BAGGAGE, "baggage", &passed.baggage),
    ];
    for (chosen, name, value) in pairs {
        if let Some(value) = value
            && propagators.contains(chosen)
        {
            headers.insert(name, value.clone());
        }
    }
}
