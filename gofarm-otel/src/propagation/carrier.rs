//! Where headers are read from and written to: [`Headers`], [`Carrier`] and the names they use, [`Field`].

/// A header of trace propagation.
///
/// ```
/// use gofarm_otel::propagation::Field;
///
/// assert_eq!(Field::TraceParent.as_str(), "traceparent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Field {
    /// `traceparent` (W3C Trace Context, section 3.2).
    TraceParent,
    /// `tracestate` (W3C Trace Context, section 3.3).
    TraceState,
    /// `baggage` (W3C Baggage).
    Baggage,
    /// `b3` (openzipkin/b3-propagation).
    B3,
    /// `x-b3-traceid`.
    B3TraceId,
    /// `x-b3-spanid`.
    B3SpanId,
    /// `x-b3-sampled`.
    B3Sampled,
    /// `x-b3-flags`.
    B3Flags,
}

impl Field {
    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceParent => "traceparent",
            Self::TraceState => "tracestate",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3TraceId => "x-b3-traceid",
            Self::B3SpanId => "x-b3-spanid",
            Self::B3Sampled => "x-b3-sampled",
            Self::B3Flags => "x-b3-flags",
        }
    }
}

/// Headers of a request that came in.
///
/// Names are compared without regard to case. Values come in the order of the message and without white space
/// around them, as RFC 9110, section 5.5, has it; the bytes may be anything.
///
/// It is there for `http::HeaderMap` (feature `tower`; a gRPC request has one too) and for slices of names and
/// values, of which the first [128](MAX_FIELDS) are searched.
pub trait Headers {
    /// The values of that header, one for each time that it occurs; they are asked for one by one.
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]>;
}

/// How many headers of a slice are searched; a server of hyper takes at most 100.
pub const MAX_FIELDS: usize = 128;

impl<H: Headers + ?Sized> Headers for &H {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        (**self).values(field)
    }
}

impl Headers for [(&str, &[u8])] {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        let first = self.get(..MAX_FIELDS).unwrap_or(self);
        first
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(field.as_str()))
            .map(|(_, value)| *value)
    }
}

/// Headers of a request that goes out; any `FnMut(Field, &[u8])` is one.
pub trait Carrier {
    /// Sets a header to `value`, which is printable ASCII, in place of all that it had.
    fn set(&mut self, field: Field, value: &[u8]);
}

impl<F: FnMut(Field, &[u8])> Carrier for F {
    fn set(&mut self, field: Field, value: &[u8]) {
        self(field, value);
    }
}

#[cfg(feature = "tower")]
mod http_map {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Carrier, Field, Headers};

    // A name that was parsed once: looking a text up would lower its case and check it each time.
    static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
    static TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
    static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
    static B3: HeaderName = HeaderName::from_static("b3");
    static B3_TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
    static B3_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
    static B3_SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
    static B3_FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

    impl Field {
        fn header_name(self) -> &'static HeaderName {
            match self {
                Self::TraceParent => &TRACE_PARENT,
                Self::TraceState => &TRACE_STATE,
                Self::Baggage => &BAGGAGE,
                Self::B3 => &B3,
                Self::B3TraceId => &B3_TRACE_ID,
                Self::B3SpanId => &B3_SPAN_ID,
                Self::B3Sampled => &B3_SAMPLED,
                Self::B3Flags => &B3_FLAGS,
            }
        }
    }

    impl Headers for HeaderMap {
        fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
            let values = self.get_all(field.header_name());
            values.iter().map(HeaderValue::as_bytes)
        }
    }

    /// One allocation for each header: the value's own bytes.
    impl Carrier for HeaderMap {
        fn set(&mut self, field: Field, value: &[u8]) {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                self.insert(field.header_name(), value);
            }
        }
    }
}

/// The value of a header that occurs once.
pub(super) fn only<H: Headers + ?Sized>(headers: &H, field: Field) -> Option<&[u8]> {
    let mut values = headers.values(field);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// The first bytes of a header value: all that a parser may look at.
pub(super) fn window(value: &[u8], limit: usize) -> &[u8] {
    let seen = value.get(..limit).unwrap_or(value);
    #[cfg(test)]
    looked_at::add(seen.len());
    seen
}

/// Counts the bytes that parsers had before them.
#[cfg(test)]
pub(super) mod looked_at {
    use core::cell::Cell;

    std::thread_local!(static BYTES: Cell<usize> = const { Cell::new(0) });

    pub(super) fn add(bytes: usize) {
        BYTES.set(BYTES.get() + bytes);
    }

    /// The bytes since the last call on this thread.
    pub(in crate::propagation) fn take() -> usize {
        BYTES.take()
    }
}
