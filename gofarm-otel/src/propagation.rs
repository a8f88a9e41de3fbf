//! Which trace a request belongs to: read from its headers, written into those of the next one.
//!
//! Headers come from anybody. A propagator that splits, collects and copies whatever it is sent lets a stranger
//! choose what a request costs, before it is even known whether the trace is wanted. Here the first question
//! is answered by looking at 56 bytes, nothing is ever copied, and each parser stops at a fixed number of bytes:
//!
//! | header | at most |
//! |---|---|
//! | `traceparent` | 2 values, 56 bytes of one |
//! | `tracestate` | 1 value, 513 bytes, 32 members |
//! | `baggage` | 64 values, 8192 bytes in all, 64 members |
//! | `b3` and each `x-b3-...` (feature `b3`) | 2 values, 69 bytes of one |
//!
//! What is longer is cut between two members or taken as absent; it is never an error, because a request is not
//! refused for the sake of its trace (W3C Trace Context, section 3.2).
//!
//! ```
//! use gofarm_otel::propagation::Propagators;
//! use gofarm_otel::sampler::Parent;
//!
//! # fn example() -> Option<()> {
//! let headers: &[(&str, &[u8])] = &[
//!     ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
//!     ("tracestate", b"vendor=1"),
//! ];
//! let remote = Propagators::W3C.extract(headers)?;
//! assert_eq!(remote.parent, Parent::Remote { sampled: true });
//! assert_eq!(remote.trace_state, "vendor=1");
//! # Some(())
//! # }
//! # example().unwrap();
//! ```
//!
//! It does not join several `tracestate` headers of one request: the first counts, which has the latest members.
//! The adapter for the OpenTelemetry API does not either.

#[cfg(feature = "b3")]
mod b3;
pub mod baggage;
mod carrier;
#[cfg(test)]
mod tests;
#[cfg(feature = "std")]
mod text_map;
mod traceparent;
mod tracestate;

pub use carrier::{Carrier, Field, Headers, MAX_FIELDS};

use gofarm_core::trace_context::TraceContext;

use crate::sampler::Parent;

/// What a request said about the trace that it belongs to.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remote<'a> {
    /// The trace, and the span that sent the request.
    pub context: TraceContext,
    /// What the sender decided.
    pub parent: Parent,
    /// The `tracestate` header, at most 512 bytes of printable ASCII; empty if there is none that can be read.
    pub trace_state: &'a str,
    form: Form,
}

/// Which headers the context came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    W3c,
    #[cfg(feature = "b3")]
    B3,
}

impl Remote<'_> {
    /// This context with the `tracestate` of the headers that it was extracted from; B3 has none.
    #[must_use]
    pub fn with_trace_state<'h, H: Headers + ?Sized>(self, headers: &'h H) -> Remote<'h> {
        let trace_state = match self.form {
            Form::W3c => tracestate::read(headers),
            #[cfg(feature = "b3")]
            Form::B3 => "",
        };
        Remote {
            trace_state,
            ..self
        }
    }
}

/// What is said to whoever is called.
///
/// ```
/// use gofarm_core::trace_context::TraceContext;
/// use gofarm_otel::propagation::Outgoing;
///
/// let here: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// let outgoing = Outgoing::new(here).trace_state("vendor=1").baggage("farm=north");
/// assert_eq!(outgoing.context, here);
/// # Ok::<(), gofarm_core::trace_context::TraceContextError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing<'a> {
    /// The trace, and the span that calls.
    pub context: TraceContext,
    /// The `tracestate` to hand on; empty for none.
    pub trace_state: &'a str,
    /// The `baggage` header to hand on, see [`baggage`]; empty for none.
    pub baggage: &'a str,
    /// Somebody debugs this request; only B3 can say so.
    pub debug: bool,
}

impl<'a> Outgoing<'a> {
    /// The call of the span in `context`.
    #[must_use]
    pub const fn new(context: TraceContext) -> Self {
        Self {
            context,
            trace_state: "",
            baggage: "",
            debug: false,
        }
    }

    /// This call with the `tracestate` that came with the trace.
    #[must_use]
    pub const fn trace_state(mut self, trace_state: &'a str) -> Self {
        self.trace_state = trace_state;
        self
    }

    /// This call with that `baggage` header.
    #[must_use]
    pub const fn baggage(mut self, baggage: &'a str) -> Self {
        self.baggage = baggage;
        self
    }

    /// This call as a part of a trace that somebody debugs.
    #[must_use]
    pub const fn debug(mut self) -> Self {
        self.debug = true;
        self
    }
}

impl From<TraceContext> for Outgoing<'_> {
    fn from(context: TraceContext) -> Self {
        Self::new(context)
    }
}

/// Which headers are read and written; a few bits, to be copied.
///
/// Of several forms in one request the first that can be read counts, in the order W3C, `b3`, `x-b3-...`; all
/// forms that are chosen are written. With feature `std` it is a `TextMapPropagator` of the OpenTelemetry API.
///
/// ```
/// use gofarm_otel::propagation::Propagators;
///
/// let (chosen, unknown) = Propagators::from_names("tracecontext, baggage, xray");
/// assert_eq!(chosen, Propagators::W3C.and(Propagators::BAGGAGE));
/// assert_eq!(unknown, Some("xray"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Propagators(u8);

/// `traceparent`, `tracestate` and `baggage`, the default of the OpenTelemetry specification.
impl Default for Propagators {
    fn default() -> Self {
        Self::W3C.and(Self::BAGGAGE)
    }
}

impl Propagators {
    /// No header at all.
    pub const NONE: Self = Self(0);
    /// `traceparent` and `tracestate` (W3C Trace Context).
    pub const W3C: Self = Self(1);
    /// `baggage` (W3C Baggage).
    pub const BAGGAGE: Self = Self(2);
    /// The header `b3` (openzipkin/b3-propagation, single header).
    #[cfg(feature = "b3")]
    pub const B3: Self = Self(4);
    /// The headers `x-b3-traceid`, `x-b3-spanid`, `x-b3-sampled` and `x-b3-flags` (openzipkin/b3-propagation).
    #[cfg(feature = "b3")]
    pub const B3_MULTI: Self = Self(8);

    /// These and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of `others` are among these.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Reads the list of `OTEL_PROPAGATORS`: `tracecontext`, `baggage`, `b3`, `b3multi`, `none`.
    ///
    /// A name that is not known here chooses nothing; the first such name is returned beside the choice, so that
    /// the caller can say so.
    #[must_use]
    pub fn from_names(names: &str) -> (Self, Option<&str>) {
        let mut chosen = Self::NONE;
        let mut unknown = None;
        for name in names.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            chosen = chosen.and(match name {
                "tracecontext" => Self::W3C,
                "baggage" => Self::BAGGAGE,
                #[cfg(feature = "b3")]
                "b3" => Self::B3,
                #[cfg(feature = "b3")]
                "b3multi" => Self::B3_MULTI,
                "none" => Self::NONE,
                other => {
                    unknown = unknown.or(Some(other));
                    Self::NONE
                }
            });
        }
        (chosen, unknown)
    }

    /// Reads what a request says about its trace, or `None` if it says nothing that can be read.
    ///
    /// The work is bounded whatever the headers are, see the [module](self).
    #[must_use]
    pub fn extract<'h, H: Headers + ?Sized>(&self, headers: &'h H) -> Option<Remote<'h>> {
        Some(self.extract_context(headers)?.with_trace_state(headers))
    }

    /// The same without `tracestate`, which no sampler asks for: half of the time where there is one.
    ///
    /// For a request that is kept, read it by [`Remote::with_trace_state`].
    #[must_use]
    pub fn extract_context<H: Headers + ?Sized>(&self, headers: &H) -> Option<Remote<'static>> {
        if self.contains(Self::W3C)
            && let Some(context) = traceparent::read(headers)
        {
            let sampled = context.is_sampled();
            return Some(Remote {
                context,
                parent: Parent::Remote { sampled },
                trace_state: "",
                form: Form::W3c,
            });
        }
        #[cfg(feature = "b3")]
        {
            if self.contains(Self::B3)
                && let Some(remote) = b3::read_single(headers)
            {
                return Some(remote);
            }
            if self.contains(Self::B3_MULTI) {
                return b3::read_multi(headers);
            }
        }
        None
    }

    /// Writes the headers of a call, replacing those of the same names.
    ///
    /// ```
    /// # use gofarm_core::trace_context::TraceContext;
    /// use gofarm_otel::propagation::{Field, Propagators};
    ///
    /// let here: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
    /// let mut sent = Vec::new();
    /// Propagators::W3C.inject(here, &mut |field: Field, value: &[u8]| sent.push((field.as_str(), value.to_vec())));
    /// assert_eq!(sent, [("traceparent", here.to_string().into_bytes())]);
    /// # Ok::<(), gofarm_core::trace_context::TraceContextError>(())
    /// ```
    pub fn inject<'a>(&self, outgoing: impl Into<Outgoing<'a>>, carrier: &mut impl Carrier) {
        let outgoing = outgoing.into();
        if self.contains(Self::W3C) {
            carrier.set(Field::TraceParent, &traceparent::write(&outgoing.context));
            if !outgoing.trace_state.is_empty() {
                carrier.set(Field::TraceState, outgoing.trace_state.as_bytes());
            }
        }
        if self.contains(Self::BAGGAGE) && !outgoing.baggage.is_empty() {
            carrier.set(Field::Baggage, outgoing.baggage.as_bytes());
        }
        #[cfg(feature = "b3")]
        {
            if self.contains(Self::B3) {
                b3::write_single(&outgoing, carrier);
            }
            if self.contains(Self::B3_MULTI) {
                b3::write_multi(&outgoing, carrier);
            }
        }
    }
}
