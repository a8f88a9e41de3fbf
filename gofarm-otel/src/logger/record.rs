//! A log record while it is filled.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;
use core::ops::Range;
use std::time::SystemTime;

use gofarm_core::trace_context::TraceContext;
use opentelemetry::Key;
use opentelemetry::logs::{self, AnyValue, Severity};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use crate::attribute::Attribute;
use crate::protobuf::{self, Message};
use crate::timestamp::Timestamp;
use crate::tracer::{Limits, span_context};
use crate::value;

const BODY: u32 = 5;
const ATTRIBUTES: u32 = 6;

/// Buffers that a thread keeps, and the bytes above which one is not kept.
const KEPT: usize = 4;
const LARGEST: usize = 4 << 10;

std::thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A log record that is being filled; nothing is sent until it is emitted.
///
/// Beside the API's methods stand [`set`](Self::set) and [`text`](Self::text), which borrow what they are told.
///
/// See [`LoggerProvider`](super::LoggerProvider) for an example.
#[derive(Debug)]
pub struct LogRecord {
    limits: Limits,
    fields: Vec<u8>,
    attributes: u32,
    dropped: u32,
    body: Option<Range<usize>>,
    event_name: Option<&'static str>,
    target: Option<Cow<'static, str>>,
    time: Option<Timestamp>,
    observed: Option<Timestamp>,
    severity: Option<Severity>,
    severity_text: Option<&'static str>,
    trace: Option<TraceContext>,
}

impl LogRecord {
    pub(super) fn new(limits: Limits) -> Self {
        let kept = BUFFERS.try_with(|buffers| buffers.try_borrow_mut().ok()?.pop());
        Self {
            limits,
            fields: kept
                .ok()
                .flatten()
                .unwrap_or_else(|| Vec::with_capacity(256)),
            attributes: 0,
            dropped: 0,
            body: None,
            event_name: None,
            target: None,
            time: None,
            observed: None,
            severity: None,
            severity_text: None,
            trace: None,
        }
    }

    /// Says something about what happened.
    pub fn set(&mut self, attribute: Attribute<'_>) {
        let attribute = value::limited(attribute, self.limits.value_bytes);
        self.attribute(|message, _| protobuf::attribute(message, ATTRIBUTES, &attribute));
    }

    /// Says in a sentence what happened; it takes the place of what was said before.
    pub fn text(&mut self, body: &str) {
        self.body(|message, limits| {
            message.message(BODY, |message| {
                message.text(1, value::cut(body, limits.value_bytes));
            });
        });
    }

    /// Says to which trace it belongs, instead of the current one.
    pub fn within(&mut self, trace: TraceContext) {
        self.trace = Some(trace);
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        self.severity
    }

    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    pub(super) fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// The whole record, encoded.
    pub(super) fn finish(&mut self, now: Timestamp, trace: Option<TraceContext>) -> &[u8] {
        let mut message = Message::new(&mut self.fields);
        if let Some(time) = self.time {
            message.fixed64(1, time.as_unix_nanos());
        }
        message.fixed64(11, self.observed.unwrap_or(now).as_unix_nanos());
        if let Some(severity) = self.severity {
            message.varint(2, number(severity));
        }
        if let Some(text) = self.severity_text {
            message.text(3, text);
        }
        if self.dropped > 0 {
            message.varint(7, u64::from(self.dropped));
        }
        if let Some(trace) = trace {
            message.fixed32(8, u32::from(trace.flags()));
            message.bytes(9, trace.trace_id().as_bytes());
            message.bytes(10, trace.span_id().as_bytes());
        }
        if let Some(name) = self.event_name {
            message.text(12, name);
        }
        &self.fields
    }

    fn attribute(&mut self, write: impl FnOnce(&mut Message<'_>, &Limits)) {
        let before = self.fields.len();
        if self.attributes < self.limits.attributes {
            write(&mut Message::new(&mut self.fields), &self.limits);
            if self.fields.len() <= self.limits.span_bytes {
                self.attributes += 1;
                return;
            }
            self.fields.truncate(before);
        }
        self.dropped = self.dropped.saturating_add(1);
    }

    fn body(&mut self, write: impl FnOnce(&mut Message<'_>, &Limits)) {
        if let Some(old) = self.body.take() {
            self.fields.drain(old);
        }
        let start = self.fields.len();
        write(&mut Message::new(&mut self.fields), &self.limits);
        self.body = Some(start..self.fields.len());
        if self.fields.len() > self.limits.span_bytes {
            // A list or a map of that size is not a line in a log; a text was cut.
            self.fields.truncate(start);
            self.body = None;
        }
    }
}

impl logs::LogRecord for LogRecord {
    fn set_event_name(&mut self, name: &'static str) {
        self.event_name = Some(name);
    }

    fn set_target<T>(&mut self, target: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.target = Some(target.into());
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        self.time = Some(Timestamp::from(timestamp));
    }

    fn set_observed_timestamp(&mut self, timestamp: SystemTime) {
        self.observed = Some(Timestamp::from(timestamp));
    }

    fn set_severity_text(&mut self, text: &'static str) {
        self.severity_text = Some(text);
    }

    fn set_severity_number(&mut self, number: Severity) {
        self.severity = Some(number);
    }

    fn set_body(&mut self, body: AnyValue) {
        self.body(|message, limits| {
            message.message(BODY, |message| {
                value::any_value(message, &body, limits.value_bytes);
            });
        });
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        for (key, value) in attributes {
            self.add_attribute(key, value);
        }
    }

    fn add_attribute<K, V>(&mut self, key: K, value: V)
    where
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        let (key, value) = (key.into(), value.into());
        self.attribute(|message, limits| {
            value::key_any(
                message,
                ATTRIBUTES,
                key.as_str(),
                &value,
                limits.value_bytes,
            );
        });
    }

    fn set_trace_context(
        &mut self,
        trace_id: TraceId,
        span_id: SpanId,
        trace_flags: Option<TraceFlags>,
    ) {
        let flags = trace_flags.unwrap_or_default();
        let context = SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE);
        self.trace = span_context::from_api(&context);
    }
}

/// Leaves the buffer to the next record.
impl Drop for LogRecord {
    fn drop(&mut self) {
        let mut buffer = mem::take(&mut self.fields);
        if buffer.capacity() == 0 || buffer.capacity() > LARGEST {
            return;
        }
        buffer.clear();
        // While a thread ends there is nobody to keep it for.
        let _ = BUFFERS.try_with(|buffers| {
            if let Ok(mut buffers) = buffers.try_borrow_mut()
                && buffers.len() < KEPT
            {
                buffers.push(buffer);
            }
        });
    }
}

/// `SeverityNumber`, which the API counts alike: 1 to 24.
fn number(severity: Severity) -> u64 {
    u64::from(severity as u8)
}
