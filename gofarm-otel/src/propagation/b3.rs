//! B3 headers, single and multi (openzipkin/b3-propagation, and the OpenTelemetry specification of B3).
//!
//! A trace id of 8 bytes is filled with zeros in front. A decision without ids (`b3: 0`) is ignored, as the
//! OpenTelemetry propagators do: there is no trace to go on with. The id of the sender's own parent is not read.

use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};

use super::carrier::{Carrier, Field, Headers, only, window};
use super::traceparent::hex;
use super::{Form, Outgoing, Remote};
use crate::sampler::Parent;

/// `trace-span-d-parent`.
const MAX_SINGLE: usize = 32 + 1 + 16 + 1 + 1 + 1 + 16;

pub(super) fn read_single<H: Headers + ?Sized>(headers: &H) -> Option<Remote<'static>> {
    let value = short(only(headers, Field::B3)?, MAX_SINGLE)?;
    let mut parts = value.split(|b| *b == b'-');
    let trace_id = trace_id(parts.next()?)?;
    let span_id = SpanId::new(digits(parts.next()?)?)?;
    let parent = match parts.next() {
        None => Parent::None,
        Some(b"d") => Parent::Debug,
        Some(sampled) => (sampled.len() == 1).then(|| decision(sampled))??,
    };
    let rest_is_well_formed = match parts.next() {
        None => true,
        Some(parent) => digits::<8>(parent).is_some() && parts.next().is_none(),
    };
    rest_is_well_formed.then(|| remote(trace_id, span_id, parent))
}

pub(super) fn read_multi<H: Headers + ?Sized>(headers: &H) -> Option<Remote<'static>> {
    let trace_id = trace_id(short(only(headers, Field::B3TraceId)?, 32)?)?;
    let span_id = SpanId::new(digits(short(only(headers, Field::B3SpanId)?, 16)?)?)?;
    let is_debug = only(headers, Field::B3Flags).is_some_and(|flags| flags == b"1");
    let parent = if is_debug {
        Parent::Debug
    } else {
        match headers.values(Field::B3Sampled).next() {
            None => Parent::None,
            Some(_) => decision(short(only(headers, Field::B3Sampled)?, 5)?)?,
        }
    };
    Some(remote(trace_id, span_id, parent))
}

pub(super) fn write_single(outgoing: &Outgoing<'_>, carrier: &mut impl Carrier) {
    let mut value = [b'-'; 32 + 1 + 16 + 1 + 1];
    let context = &outgoing.context;
    hex(&mut value[..32], context.trace_id().as_bytes());
    hex(&mut value[33..49], context.span_id().as_bytes());
    value[50] = match outgoing.debug {
        true => b'd',
        false => sampled(context),
    };
    carrier.set(Field::B3, &value);
}

pub(super) fn write_multi(outgoing: &Outgoing<'_>, carrier: &mut impl Carrier) {
    let (mut trace, mut span) = ([0; 32], [0; 16]);
    let context = &outgoing.context;
    hex(&mut trace, context.trace_id().as_bytes());
    hex(&mut span, context.span_id().as_bytes());
    carrier.set(Field::B3TraceId, &trace);
    carrier.set(Field::B3SpanId, &span);
    // Debug implies sampled, and only one of the two is sent.
    match outgoing.debug {
        true => carrier.set(Field::B3Flags, b"1"),
        false => carrier.set(Field::B3Sampled, &[sampled(context)]),
    }
}

fn remote(trace_id: TraceId, span_id: SpanId, parent: Parent) -> Remote<'static> {
    let context = TraceContext::new(trace_id, span_id);
    let is_sampled = matches!(parent, Parent::Remote { sampled: true } | Parent::Debug);
    Remote {
        context: if is_sampled {
            context.sampled()
        } else {
            context
        },
        parent,
        trace_state: "",
        form: Form::B3,
    }
}

const fn sampled(context: &TraceContext) -> u8 {
    if context.is_sampled() { b'1' } else { b'0' }
}

/// Old tracers wrote words into `x-b3-sampled`.
fn decision(value: &[u8]) -> Option<Parent> {
    match value {
        b"1" | b"true" => Some(Parent::Remote { sampled: true }),
        b"0" | b"false" => Some(Parent::Remote { sampled: false }),
        _ => None,
    }
}

fn trace_id(value: &[u8]) -> Option<TraceId> {
    if value.len() == 16 {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&digits::<8>(value)?);
        return TraceId::new(bytes);
    }
    TraceId::new(digits(value)?)
}

/// The whole value, if it is no longer than `max`.
fn short(value: &[u8], max: usize) -> Option<&[u8]> {
    let seen = window(value, max + 1);
    (seen.len() <= max).then_some(seen)
}

/// `N` bytes from exactly that many pairs of lower-case hexadecimal digits.
fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        for digit in pair {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = *byte << 4 | digit;
        }
    }
    Some(bytes)
}
