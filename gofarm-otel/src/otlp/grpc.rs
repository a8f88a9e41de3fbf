//! OTLP over gRPC: a unary call on one HTTP/2 connection.
//!
//! What a client of one unary method needs of gRPC is a path, five bytes before the message and two trailers. A general
//! client would bring tonic and its stack for that; this is hyper, which the other transport uses as well.

use alloc::sync::Arc;
use alloc::vec::Vec;

use ::http::{HeaderMap, HeaderValue, Method, Request, header};
use bytes::buf::Chain;
use bytes::{Buf, Bytes};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::connection::{Stream, Task};
use super::http::bytes_of;
use super::{Endpoint, OtlpConfig, response};
use crate::batch::{Batch, Kind};
use crate::export::Answer;

/// What gRPC calls the service of each kind.
pub(super) const fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Kind::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Kind::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

/// Five bytes, and the message that they announce.
type Framed = Full<Chain<Bytes, Bytes>>;

#[derive(Debug)]
pub(super) struct GrpcConnection {
    sender: SendRequest<Framed>,
    _task: Task,
}

impl GrpcConnection {
    pub(super) async fn open(stream: Stream) -> hyper::Result<Self> {
        let io = TokioIo::new(stream);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        Ok(Self {
            sender,
            _task: Task::spawn(connection),
        })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends one batch; none if nothing of it went out, because the server had closed the connection.
    pub(super) async fn send(
        &mut self,
        config: &OtlpConfig,
        server: &Endpoint,
        path: &str,
        batch: &Arc<Batch>,
    ) -> Option<Answer> {
        self.sender.ready().await.ok()?;
        let Some(request) = request(config, server, path, batch) else {
            return Some(Answer::TooLarge);
        };
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(failed) if failed.message().is_some() => return None,
            Err(_) => return Some(Answer::Unreachable),
        };
        let (head, body) = response.into_parts();
        // A failure may come as headers alone, or from something on the way that speaks HTTP only.
        if status(&head.headers).is_some() || !head.status.is_success() {
            return Some(answer(head.status.as_u16(), &head.headers, &[]));
        }
        let collected = match Limited::new(body, config.response_bytes).collect().await {
            Ok(collected) => collected,
            Err(error) if error.is::<LengthLimitError>() => return Some(Answer::Accepted),
            Err(_) => return Some(Answer::Unreachable),
        };
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let message = collected.to_bytes();
        let message = message.get(5..).unwrap_or_default();
        Some(answer(head.status.as_u16(), &trailers, message))
    }
}

/// The call; none for a message of 4 GiB.
///
/// It names no deadline: the client gives it up when it is due, and gives it more time later than the server would know.
fn request(
    config: &OtlpConfig,
    server: &Endpoint,
    path: &str,
    batch: &Arc<Batch>,
) -> Option<Request<Framed>> {
    let len = u32::try_from(batch.body.len()).ok()?;
    let [a, b, c, d] = len.to_be_bytes();
    let prefix = Bytes::copy_from_slice(&[0, a, b, c, d]);
    let scheme = if server.is_tls() { "https" } else { "http" };
    let uri = alloc::format!("{scheme}://{}{path}", server.authority());
    let mut request = Request::new(Full::new(prefix.chain(bytes_of(batch))));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.parse().ok()?;
    let headers = request.headers_mut();
    for (name, value) in &config.headers {
        headers.append(name, value.clone());
    }
    let protobuf = HeaderValue::from_static("application/grpc+proto");
    headers.insert(header::CONTENT_TYPE, protobuf);
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    Some(request)
}

/// What a receiver that spoke HTTP with `http_status`, these trailers and this message made of a call.
fn answer(http_status: u16, trailers: &HeaderMap, message: &[u8]) -> Answer {
    let words = trailers
        .get("grpc-message")
        .and_then(|value| value.to_str().ok());
    let details = trailers.get("grpc-status-details-bin");
    let details = details
        .and_then(|value| base64(value.as_bytes()))
        .unwrap_or_default();
    match status(trailers) {
        Some(0) => response::taken(message),
        Some(status) => response::of_grpc(status, words.unwrap_or_default(), &details),
        // No gRPC: "HTTP to gRPC Status Code Mapping". What is not mapped is unknown (2).
        None => match http_status {
            429 | 502 | 503 | 504 => response::of_grpc(14, "", &[]),
            401 => response::of_grpc(16, "", &[]),
            403 => response::of_grpc(7, "", &[]),
            404 => response::of_grpc(12, "", &[]),
            200..=299 => Answer::Unreachable,
            _ => response::of_grpc(2, "", &[]),
        },
    }
}

/// `grpc-status`; one that is no number is unknown (2).
fn status(headers: &HeaderMap) -> Option<u16> {
    let value = headers.get("grpc-status")?;
    Some(
        value
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(2),
    )
}

/// The bytes of base64 with or without padding; none if it is not that.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.iter().filter(|byte| **byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., low] = (bits >> count).to_be_bytes();
            bytes.push(low);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        let rows: [(&str, Option<&[u8]>); 8] = [
            ("", Some(b"")),
            ("Zg==", Some(b"f")),
            ("Zg", Some(b"f")),
            ("Zm8=", Some(b"fo")),
            ("Zm9vYmFy", Some(b"foobar")),
            ("+/+/", Some(&[0xfb, 0xff, 0xbf])),
            ("Zm 9v", None),
            ("Zm-_", None),
        ];
        for (text, bytes) in rows {
            assert_eq!(base64(text.as_bytes()).as_deref(), bytes, "{text}");
        }
    }

    #[test]
    fn statuses_are_answered_as_otlp_says() {
        let retry = |after| Answer::Retry { after };
        let refused = |status| Answer::Refused {
            status,
            message: "no".into(),
        };
        // {"code": 8, "details": [RetryInfo of 7.5 s]}, as google.rpc encodes it.
        let info =
            "CAgaNgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIKCggIBxCAyrXuAQ==";
        let wait = Some(Duration::from_millis(7_500));
        let rows = [
            ("0", "", Answer::Accepted),
            ("1", "", retry(None)),
            ("2", "", refused(2)),
            ("3", "", refused(3)),
            ("4", "", retry(None)),
            ("5", "", refused(5)),
            ("6", "", refused(6)),
            ("7", "", refused(7)),
            ("8", "", refused(8)),
            ("8", info, retry(wait)),
            ("9", "", refused(9)),
            ("10", "", retry(None)),
            ("11", "", retry(None)),
            ("12", "", refused(12)),
            ("13", "", refused(13)),
            ("14", "", retry(None)),
            ("14", info, retry(wait)),
            ("14", "?", retry(None)),
            ("15", "", retry(None)),
            ("16", "", refused(16)),
            ("x", "", refused(2)),
        ];
        for (status, details, expected) in rows {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", status.parse().unwrap());
            trailers.insert("grpc-message", "no".parse().unwrap());
            trailers.insert("grpc-status-details-bin", details.parse().unwrap());
            assert_eq!(answer(200, &trailers, &[]), expected, "{status} {details}");
        }
        for (status, expected) in [(503, retry(None)), (200, Answer::Unreachable)] {
            assert_eq!(answer(status, &HeaderMap::new(), &[]), expected);
        }
    }
}
