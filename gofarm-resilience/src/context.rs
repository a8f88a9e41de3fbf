//! What a request takes along from hop to hop: [`CallContext`].
//!
//! A valve command passes a cloud service, a gateway and perhaps a second gateway. Each hop needs to know whose
//! call it is (labels, authorisation), which trace it belongs to and how much time is left; and none of them should
//! have to pass six arguments through code that does not care. So the context is one value in the request's
//! extensions: [`CarryLayer`](crate::layer::CarryLayer) fills it from the headers of an incoming request and
//! writes it to those of an outgoing one. A handler that calls on takes it out of the one and puts it
//! into the other. There is no task-local: what is carried is seen in the code.
//!
//! | header | field | what is refused |
//! |---|---|---|
//! | `grpc-timeout` | [`deadline`](CallContext::deadline) | all but 1 to 8 digits and a unit |
//! | `traceparent` | [`trace`](CallContext::trace) | nothing: what is malformed is dropped, as the W3C asks |
//! | `x-request-id` | [`request_id`](CallContext::request_id) | all but 1 to 64 characters of a [`RequestId`] |
//! | `x-region`, `x-tenant-id` | [`labels`](CallContext::labels) | all but a [`Label`](crate::label::Label) |
//! | `authorization` | [`authorization`](CallContext::authorization) | more than 8 KiB |
//!
//! A header that may occur once and occurs twice is refused too (`traceparent`: dropped): two proxies that disagree
//! about the tenant are how one tenant reads another's data.
//!
//! ```
//! use gofarm_core::time::{Instant, secs};
//! use gofarm_resilience::context::CallContext;
//! use http::HeaderMap;
//!
//! let mut incoming = HeaderMap::new();
//! incoming.insert("x-tenant-id", "coop-7".parse()?);
//! incoming.insert("grpc-timeout", "2S".parse()?);
//! let now = Instant::from_secs(100);
//! let context = CallContext::from_headers(&incoming, now)?;
//!
//! let mut outgoing = HeaderMap::new();
//! context.write_to(&mut outgoing, now + secs(1));
//! assert_eq!(outgoing["x-tenant-id"], "coop-7");
//! assert_eq!(outgoing["grpc-timeout"], "1000000u"); // what is left
//!
//! incoming.append("x-tenant-id", "coop-8".parse()?);
//! assert!(CallContext::from_headers(&incoming, now).is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod error;
mod header;
mod request_id;

pub use error::ContextError;
pub use request_id::{RequestId, RequestIdError};

use gofarm_core::time::Instant;
use gofarm_core::trace_context::TraceContext;
use http::{HeaderMap, HeaderValue};

use crate::deadline::Deadline;
use crate::label::Labels;

/// What a request takes along from hop to hop. All of it is optional.
///
/// See the [module](self) for an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    deadline: Option<Deadline>,
    trace: Option<TraceContext>,
    request_id: Option<RequestId>,
    labels: Labels,
    authorization: Option<HeaderValue>,
}

impl CallContext {
    /// A context without anything in it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            deadline: None,
            trace: None,
            request_id: None,
            labels: Labels::new(),
            authorization: None,
        }
    }

    /// Reads the headers of a request that came in at `now`.
    ///
    /// # Errors
    /// [`ContextError`] with the header's name, if a header is not what the [table](self) asks for.
    pub fn from_headers(headers: &HeaderMap, now: Instant) -> Result<Self, ContextError> {
        header::read(headers, now)
    }

    /// Writes to the headers of a request that goes out at `now`. Headers of the same names are replaced; of what the
    /// context does not have, nothing is written and nothing removed.
    ///
    /// A deadline that is over is written as `0n`. `authorization` is not written, see
    /// [`write_authorization_to`](Self::write_authorization_to).
    pub fn write_to(&self, headers: &mut HeaderMap, now: Instant) {
        header::write(self, headers, now);
    }

    /// Writes `authorization` to the headers, for a service that may act in the caller's name.
    pub fn write_authorization_to(&self, headers: &mut HeaderMap) {
        if let Some(value) = &self.authorization {
            headers.insert(http::header::AUTHORIZATION, value.clone());
        }
    }

    /// This context with a deadline.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Deadline) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// This context as a part of a trace.
    #[must_use]
    pub const fn with_trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// This context with the request's id.
    #[must_use]
    pub const fn with_request_id(mut self, id: RequestId) -> Self {
        self.request_id = Some(id);
        self
    }

    /// This context with these labels.
    #[must_use]
    pub const fn with_labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// This context in the name of whom `value` authorises. It is marked sensitive, so that it is not printed.
    #[must_use]
    pub fn with_authorization(mut self, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.authorization = Some(value);
        self
    }

    /// By when the caller wants an answer.
    #[must_use]
    pub const fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// The trace that the call belongs to.
    #[must_use]
    pub const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// The id that the first hop gave to the request.
    #[must_use]
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// Region and tenant.
    #[must_use]
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The header `authorization`, as it came in.
    #[must_use]
    pub const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// A request that has a [`CallContext`], whatever the protocol.
///
/// [`http::Request`] keeps it in its extensions; a request type of your own has a field for it.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::context::{CallContext, Contextual};
/// use gofarm_resilience::deadline::Deadline;
///
/// struct ReadRegisters { unit: u8, context: CallContext }
///
/// impl Contextual for ReadRegisters {
///     fn context(&self) -> Option<&CallContext> { Some(&self.context) }
///     fn context_mut(&mut self) -> &mut CallContext { &mut self.context }
/// }
///
/// let deadline = Deadline::at(Instant::from_secs(9));
/// let mut request = http::Request::new(());
/// *request.context_mut() = CallContext::new().with_deadline(deadline);
/// assert_eq!(request.deadline(), Some(deadline));
/// ```
pub trait Contextual {
    /// The context, if there is one.
    fn context(&self) -> Option<&CallContext>;

    /// The context to change; an empty one is put there if there is none.
    fn context_mut(&mut self) -> &mut CallContext;

    /// By when the caller wants an answer.
    fn deadline(&self) -> Option<Deadline> {
        self.context().and_then(CallContext::deadline)
    }
}

impl<B> Contextual for http::Request<B> {
    fn context(&self) -> Option<&CallContext> {
        self.extensions().get()
    }

    fn context_mut(&mut self) -> &mut CallContext {
        self.extensions_mut().get_or_insert_default()
    }
}
