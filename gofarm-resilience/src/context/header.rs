//! The context in the headers of a request, both ways.

use core::fmt::Display;

use gofarm_core::time::Instant;
use gofarm_core::trace_context::TraceContext;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::{CallContext, ContextError, RequestId};
use crate::deadline::{Deadline, GrpcTimeout};
use crate::label::{Label, Labels};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const TRACE: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REGION: HeaderName = HeaderName::from_static("x-region");
const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

/// The longest `authorization` that is carried, in bytes; a larger token does not pass common proxies either.
const MAX_AUTHORIZATION: usize = 8 * 1024;

pub(super) fn read(headers: &HeaderMap, now: Instant) -> Result<CallContext, ContextError> {
    let deadline = match text(headers, &TIMEOUT, "grpc-timeout")? {
        Some(text) => {
            let left: GrpcTimeout = text.parse().map_err(ContextError::Timeout)?;
            Some(Deadline::after(now, left.duration()))
        }
        None => None,
    };
    let request_id = text(headers, &REQUEST_ID, "x-request-id")?
        .map(RequestId::new)
        .transpose()
        .map_err(ContextError::RequestId)?;
    let mut labels = Labels::new();
    if let Some(text) = text(headers, &REGION, "x-region")? {
        labels = labels.in_region(Label::new(text).map_err(ContextError::Region)?);
    }
    if let Some(text) = text(headers, &TENANT, "x-tenant-id")? {
        labels = labels.of_tenant(Label::new(text).map_err(ContextError::Tenant)?);
    }
    let context = CallContext {
        deadline,
        trace: trace(headers),
        request_id,
        labels,
        authorization: None,
    };
    Ok(match authorization(headers)? {
        Some(value) => context.with_authorization(value.clone()),
        None => context,
    })
}

pub(super) fn write(context: &CallContext, headers: &mut HeaderMap, now: Instant) {
    if let Some(deadline) = context.deadline {
        let left = deadline.remaining(now).unwrap_or_default();
        insert(headers, TIMEOUT, &GrpcTimeout::new(left));
    }
    if let Some(trace) = &context.trace {
        insert(headers, TRACE, trace);
    }
    if let Some(id) = &context.request_id {
        insert(headers, REQUEST_ID, id);
    }
    if let Some(region) = context.labels.region() {
        insert(headers, REGION, region);
    }
    if let Some(tenant) = context.labels.tenant() {
        insert(headers, TENANT, tenant);
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &impl Display) {
    // All of these are visible ASCII by their types.
    if let Ok(value) = HeaderValue::try_from(value.to_string()) {
        headers.insert(name, value);
    }
}

fn single<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    header: &'static str,
) -> Result<Option<&'h HeaderValue>, ContextError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(ContextError::Repeated { header });
    }
    Ok(first)
}

fn text<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    header: &'static str,
) -> Result<Option<&'h str>, ContextError> {
    single(headers, name, header)?
        .map(|value| value.to_str().map_err(|_| ContextError::NotText { header }))
        .transpose()
}

/// W3C Trace Context, section 3.2: who cannot read the header goes on as if it were not there.
fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    text(headers, &TRACE, "traceparent")
        .ok()
        .flatten()
        .and_then(|text| text.parse().ok())
}

fn authorization(headers: &HeaderMap) -> Result<Option<&HeaderValue>, ContextError> {
    let header = "authorization";
    match single(headers, &AUTHORIZATION, header)? {
        Some(value) if value.len() > MAX_AUTHORIZATION => Err(ContextError::TooLong {
            header,
            len: value.len(),
            max: MAX_AUTHORIZATION,
        }),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::{millis, secs};

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn all_headers_go_from_hop_to_hop_and_the_time_that_is_left_shrinks() {
        let now = Instant::from_secs(7);
        let sent = headers(&[
            ("grpc-timeout", "2S"),
            ("traceparent", PARENT),
            ("x-request-id", "r-1"),
            ("x-region", "eu-north"),
            ("x-tenant-id", "coop-7"),
        ]);
        let context = CallContext::from_headers(&sent, now).unwrap();
        let mut left = 2_000;
        for hop in 1..=3 {
            let mut out = HeaderMap::new();
            context.write_to(&mut out, now + millis(300 * hop));
            left -= 300;
            for name in ["traceparent", "x-request-id", "x-region", "x-tenant-id"] {
                assert_eq!(out.get(name), sent.get(name), "{name}");
            }
            assert_eq!(out["grpc-timeout"], format!("{left}000u"));
        }
        let mut late = HeaderMap::new();
        context.write_to(&mut late, now + secs(2));
        assert_eq!(late["grpc-timeout"], "0n");
    }

    #[test]
    fn authorization_is_written_only_where_it_is_asked_for_and_never_printed() {
        let sent = headers(&[("authorization", "Bearer swordfish")]);
        let context = CallContext::from_headers(&sent, Instant::ZERO).unwrap();
        assert!(!format!("{context:?}").contains("swordfish"));
        let mut out = HeaderMap::new();
        context.write_to(&mut out, Instant::ZERO);
        assert!(out.is_empty());
        context.write_authorization_to(&mut out);
        assert_eq!(out["authorization"], "Bearer swordfish");
    }

    #[test]
    fn malformed_headers_are_refused_by_name_but_a_trace_is_dropped() {
        let long = "a".repeat(MAX_AUTHORIZATION + 1);
        let rows: [(&[(&'static str, &str)], &str); 8] = [
            (
                &[("x-region", "a"), ("x-region", "a")],
                "x-region: occurs more than once",
            ),
            (&[("x-tenant-id", "")], "x-tenant-id: a label is empty"),
            (&[("x-region", "\u{fc}")], "x-region: is not visible ASCII"),
            (
                &[("grpc-timeout", "1h")],
                "grpc-timeout: a grpc-timeout has a wrong character at byte 1",
            ),
            (
                &[("grpc-timeout", "1S"), ("grpc-timeout", "9S")],
                "grpc-timeout: occurs more than once",
            ),
            (
                &[("x-request-id", "")],
                "x-request-id: a request id is empty",
            ),
            (
                &[("authorization", &long)],
                "authorization: 8193 bytes are more than 8192",
            ),
            (
                &[("authorization", "a"), ("authorization", "b")],
                "authorization: occurs more than once",
            ),
        ];
        for (sent, message) in rows {
            let error = CallContext::from_headers(&headers(sent), Instant::ZERO).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        for sent in [
            &[("traceparent", "00-bad")][..],
            &[("traceparent", PARENT), ("traceparent", PARENT)],
        ] {
            let context = CallContext::from_headers(&headers(sent), Instant::ZERO).unwrap();
            assert_eq!(context, CallContext::new());
        }
    }
}
