//! The request message around the records of a queue.
//!
//! `ExportTraceServiceRequest` and `ExportLogsServiceRequest` have the same shape and the same field numbers:
//! request { 1: { 1: resource, 2: { 1: scope, 2: record.., 3: schema url }.. } }.

use alloc::boxed::Box;
use alloc::vec::Vec;

use opentelemetry::InstrumentationScope;

use super::backlog::Taken;
use super::block::Block;
use crate::protobuf::{Message, field_len};
use crate::value;

/// A scope and its schema as fields of `ScopeSpans` or `ScopeLogs`.
pub(super) fn scope(scope: &InstrumentationScope) -> Box<[u8]> {
    let mut buf = Vec::new();
    let mut message = Message::new(&mut buf);
    message.message(1, |message| {
        message.text(1, scope.name());
        if let Some(version) = scope.version() {
            message.text(2, version);
        }
        for attribute in scope.attributes() {
            value::key_value(message, 3, attribute, usize::MAX);
        }
    });
    if let Some(url) = scope.schema_url() {
        message.text(3, url);
    }
    buf.into()
}

/// The whole request, in the memory that `room` gives for so many bytes.
pub(super) fn encode(
    resource: &[u8],
    taken: &Taken,
    room: impl FnOnce(usize) -> Vec<u8>,
) -> Vec<u8> {
    let records = || taken.blocks.iter().flat_map(Block::records);
    let mut groups: Vec<_> = Vec::new();
    for records in records() {
        match groups.iter_mut().find(|(scope, _)| *scope == records.scope) {
            Some((_, len)) => *len += records.bytes.len(),
            None => groups.push((records.scope, records.bytes.len())),
        }
    }
    let head = |scope: super::Scope| {
        let known = taken.scopes.get(usize::from(scope.0));
        known.map_or(&[][..], |scope| &**scope)
    };
    let inner: usize = groups
        .iter()
        .map(|(scope, len)| field_len(head(*scope).len() + len))
        .sum();
    let inner = field_len(resource.len()) + inner;
    let mut body = room(field_len(inner));
    let mut message = Message::new(&mut body);
    message.delimiter(1, inner);
    message.bytes(1, resource);
    for (scope, len) in groups {
        message.delimiter(2, head(scope).len() + len);
        message.raw(head(scope));
        for records in records().filter(|records| records.scope == scope) {
            message.raw(records.bytes);
        }
    }
    body
}
