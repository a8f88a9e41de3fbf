//! A span while it runs: its attributes, events and links as they will be sent.
//!
//! The fields of a protobuf message may stand in any order, and those of a list between others. So there is one
//! buffer, to which everything is appended as it is said, and the ids, the name and the times at the end.

use alloc::string::String;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gofarm_core::trace_context::TraceContext;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;

use super::Tracer;
use super::limits::Limits;
use super::opening::{Opening, When};
use super::seen::Seen;
use crate::attribute::Attribute;
use crate::protobuf::delimited::{self, Field};
use crate::protobuf::{self, Message};
use crate::span::{SpanKind, Status};
use crate::timestamp::Timestamp;
use crate::value;

const ATTRIBUTES: u32 = 9;
const EVENTS: u32 = 11;
const LINKS: u32 = 13;

/// `Status.code`.
const UNSET: u8 = 0;
const OK: u8 = 1;
const ERROR: u8 = 2;

/// How many were kept and how many were not.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    kept: u32,
    dropped: u32,
}

#[derive(Debug)]
pub(super) struct Recording {
    is_open: bool,
    opening: Opening,
    name: String,
    trace_state: String,
    fields: Vec<u8>,
    attributes: Count,
    seen: Seen,
    events: Count,
    links: Count,
    status: u8,
    message: String,
}

/// The recording; no code of a caller runs while it is locked, so a panic never leaves it half written.
pub(super) fn lock(recording: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    recording.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recording {
    /// A closed one.
    pub(super) fn new(opening: Opening) -> Self {
        Self {
            is_open: false,
            opening,
            name: String::new(),
            trace_state: String::new(),
            fields: Vec::with_capacity(512),
            attributes: Count::default(),
            seen: Seen::default(),
            events: Count::default(),
            links: Count::default(),
            status: UNSET,
            message: String::new(),
        }
    }

    /// Begins anew.
    pub(super) fn open(
        &mut self,
        opening: &Opening,
        limits: &Limits,
        name: &str,
        trace_state: &str,
    ) {
        self.is_open = true;
        self.opening = *opening;
        self.rename(name, limits);
        self.trace_state.clear();
        // A list that was cut is not a list: it is there or it is not.
        if trace_state.len() <= limits.value_bytes {
            self.trace_state.push_str(trace_state);
        }
        self.fields.clear();
        self.attributes = Count::default();
        self.seen = Seen::default();
        self.events = Count::default();
        self.links = Count::default();
        self.status(Status::Unset, limits);
    }

    /// Whether it has not ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The memory that its buffers take in bytes.
    pub(super) fn capacity(&self) -> usize {
        let texts = [&self.name, &self.trace_state, &self.message];
        let texts: usize = texts.iter().map(|text| text.capacity()).sum();
        self.fields.capacity() + texts
    }

    pub(super) fn rename(&mut self, name: &str, limits: &Limits) {
        replace(&mut self.name, value::cut(name, limits.value_bytes));
    }

    pub(super) fn set(&mut self, attribute: &Attribute<'_>, limits: &Limits) {
        let attribute = value::limited(*attribute, limits.value_bytes);
        self.attribute(attribute.key, limits, |message| {
            protobuf::attribute(message, ATTRIBUTES, &attribute);
        });
    }

    pub(super) fn set_api(&mut self, attribute: &KeyValue, limits: &Limits) {
        self.attribute(attribute.key.as_str(), limits, |message| {
            value::key_value(message, ATTRIBUTES, attribute, limits.value_bytes);
        });
    }

    pub(super) fn event(
        &mut self,
        name: &str,
        at: Timestamp,
        attributes: &[Attribute<'_>],
        limits: &Limits,
    ) {
        self.any_event(name, at, attributes.len(), 0, limits, |message, index| {
            if let Some(attribute) = attributes.get(index) {
                let attribute = value::limited(*attribute, limits.value_bytes);
                protobuf::attribute(message, 3, &attribute);
            }
        });
    }

    pub(super) fn event_api(
        &mut self,
        name: &str,
        at: Timestamp,
        attributes: &[KeyValue],
        dropped: u32,
        limits: &Limits,
    ) {
        let count = attributes.len();
        self.any_event(name, at, count, dropped, limits, |message, index| {
            if let Some(attribute) = attributes.get(index) {
                value::key_value(message, 3, attribute, limits.value_bytes);
            }
        });
    }

    pub(super) fn link(&mut self, to: TraceContext, limits: &Limits) {
        let (trace_id, span_id) = (to.trace_id(), to.span_id());
        self.count(LINKS, limits, |message| {
            message.message(LINKS, |message| {
                message.bytes(1, trace_id.as_bytes());
                message.bytes(2, span_id.as_bytes());
                message.fixed32(6, u32::from(to.flags()));
            });
        });
    }

    pub(super) fn link_api(
        &mut self,
        to: &SpanContext,
        attributes: &[KeyValue],
        dropped: u32,
        limits: &Limits,
    ) {
        let (kept, dropped) = within(attributes.len(), dropped, limits);
        self.count(LINKS, limits, |message| {
            message.message(LINKS, |message| {
                message.bytes(1, &to.trace_id().to_bytes());
                message.bytes(2, &to.span_id().to_bytes());
                let trace_state = to.trace_state().header();
                if !trace_state.is_empty() && trace_state.len() <= limits.value_bytes {
                    message.text(3, &trace_state);
                }
                for attribute in attributes.iter().take(kept) {
                    value::key_value(message, 4, attribute, limits.value_bytes);
                }
                non_zero(message, 5, dropped);
                let flags = flags(to.trace_flags().to_u8(), Some(to.is_remote()));
                message.fixed32(6, flags);
            });
        });
    }

    /// Says how it ends; `Ok` stands, and nothing takes it back to unset (OpenTelemetry specification, *Set Status*).
    ///
    /// A failure without a sentence leaves the one that was given.
    pub(super) fn status_later(&mut self, status: Status<'_>, limits: &Limits) {
        match (self.status, status) {
            (OK, _) | (_, Status::Unset) | (ERROR, Status::Error("")) => {}
            _ => self.status(status, limits),
        }
    }

    pub(super) fn status(&mut self, status: Status<'_>, limits: &Limits) {
        let (code, message) = match status {
            Status::Unset => (UNSET, ""),
            Status::Ok => (OK, ""),
            Status::Error(message) => (ERROR, message),
        };
        self.status = code;
        replace(&mut self.message, value::cut(message, limits.value_bytes));
    }

    /// Counts what was left out before it came here.
    #[cfg(feature = "sdk")]
    pub(super) fn lost(&mut self, attributes: u32, events: u32, links: u32) {
        let counts = [
            (&mut self.attributes, attributes),
            (&mut self.events, events),
            (&mut self.links, links),
        ];
        for (count, lost) in counts {
            count.dropped = count.dropped.saturating_add(lost);
        }
    }

    /// Closes it and hands it to the queue; whether there was room. An end before the start is the start.
    pub(super) fn end(&mut self, at: When, tracer: &Tracer) -> bool {
        if !self.is_open {
            return false;
        }
        self.is_open = false;
        let start = self.opening.start.date(tracer.clock());
        let end = at.date(tracer.clock()).max(start);
        self.finish(start, end);
        tracer.provider.0.queue.push(tracer.scope, &self.fields)
    }

    /// Appends what is said once.
    fn finish(&mut self, start: Timestamp, end: Timestamp) {
        let Opening {
            context, parent, ..
        } = self.opening;
        let mut message = Message::new(&mut self.fields);
        message.bytes(1, context.trace_id().as_bytes());
        message.bytes(2, context.span_id().as_bytes());
        if !self.trace_state.is_empty() {
            message.text(3, &self.trace_state);
        }
        if let Some(parent) = parent {
            message.bytes(4, parent.as_bytes());
        }
        message.text(5, &self.name);
        message.varint(6, kind(self.opening.kind));
        message.fixed64(7, start.as_unix_nanos());
        message.fixed64(8, end.as_unix_nanos());
        non_zero(&mut message, 10, self.attributes.dropped);
        non_zero(&mut message, 12, self.events.dropped);
        non_zero(&mut message, 14, self.links.dropped);
        if self.status != UNSET {
            message.message(15, |message| {
                if !self.message.is_empty() {
                    message.text(2, &self.message);
                }
                message.varint(3, u64::from(self.status));
            });
        }
        message.fixed32(16, flags(context.flags(), self.opening.is_remote));
    }

    fn attribute(&mut self, key: &str, limits: &Limits, write: impl FnOnce(&mut Message<'_>)) {
        if self.is_open && self.seen.insert(key) && self.remove(key) {
            self.attributes.kept -= 1;
        }
        self.count(ATTRIBUTES, limits, write);
    }

    fn any_event(
        &mut self,
        name: &str,
        at: Timestamp,
        attributes: usize,
        dropped: u32,
        limits: &Limits,
        mut write: impl FnMut(&mut Message<'_>, usize),
    ) {
        let (kept, dropped) = within(attributes, dropped, limits);
        self.count(EVENTS, limits, |message| {
            message.message(EVENTS, |message| {
                message.fixed64(1, at.as_unix_nanos());
                message.text(2, value::cut(name, limits.value_bytes));
                for index in 0..kept {
                    write(message, index);
                }
                non_zero(message, 4, dropped);
            });
        });
    }

    /// Appends one of a list, if it is within the limits.
    fn count(&mut self, list: u32, limits: &Limits, write: impl FnOnce(&mut Message<'_>)) {
        if !self.is_open {
            return;
        }
        let (count, most) = match list {
            EVENTS => (&mut self.events, limits.events),
            LINKS => (&mut self.links, limits.links),
            _ => (&mut self.attributes, limits.attributes),
        };
        let before = self.fields.len();
        if count.kept < most {
            write(&mut Message::new(&mut self.fields));
            if self.fields.len() <= limits.span_bytes {
                count.kept += 1;
                return;
            }
            self.fields.truncate(before);
        }
        count.dropped = count.dropped.saturating_add(1);
    }

    /// Takes the attribute with that key out; whether there was one.
    fn remove(&mut self, key: &str) -> bool {
        if self.attributes.kept == 0 {
            return false;
        }
        let is_it = |field: &Field<'_>| self::key(field) == Some(key.as_bytes());
        let found = delimited::fields(&self.fields).find(is_it);
        let Some(Field { range, .. }) = found else {
            return false;
        };
        self.fields.drain(range);
        true
    }
}

/// The key of an attribute; a `KeyValue` of ours begins with it.
fn key<'a>(field: &Field<'a>) -> Option<&'a [u8]> {
    if field.number != ATTRIBUTES {
        return None;
    }
    let (len, rest) = delimited::length(field.body.get(1..)?)?;
    rest.get(..len)
}

/// How many of `count` attributes are kept, and how many are not with those that the caller left out.
fn within(count: usize, dropped: u32, limits: &Limits) -> (usize, u32) {
    let kept = count.min(usize::try_from(limits.attributes).unwrap_or(usize::MAX));
    let more = u32::try_from(count - kept).unwrap_or(u32::MAX);
    (kept, dropped.saturating_add(more))
}

fn non_zero(message: &mut Message<'_>, field: u32, count: u32) {
    if count > 0 {
        message.varint(field, u64::from(count));
    }
}

/// `SpanFlags`: the trace flags, whether it is known that the parent is remote, and whether it is.
fn flags(trace: u8, is_remote: Option<bool>) -> u32 {
    const KNOWN: u32 = 0x100;
    const REMOTE: u32 = 0x200;
    let parent = match is_remote {
        None => 0,
        Some(false) => KNOWN,
        Some(true) => KNOWN | REMOTE,
    };
    u32::from(trace) | parent
}

fn kind(kind: SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn replace(text: &mut String, by: &str) {
    text.clear();
    text.push_str(by);
}
