//! OTLP over HTTP/1.1, on one connection.

use alloc::sync::Arc;

use ::http::{HeaderValue, Method, Request, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::connection::{Stream, Task, body_of};
use super::{Endpoint, OtlpConfig, response};
use crate::batch::Batch;
use crate::export::Answer;

/// The body of a request: the bytes of the batch, not copied.
struct Body(Arc<Batch>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0.body
    }
}

/// The bytes of a batch as hyper takes them.
pub(super) fn bytes_of(batch: &Arc<Batch>) -> Bytes {
    Bytes::from_owner(Body(Arc::clone(batch)))
}

#[derive(Debug)]
pub(super) struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    _task: Task,
}

impl HttpConnection {
    pub(super) async fn open(stream: Stream) -> hyper::Result<Self> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
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
        let mut request = Request::new(Full::new(bytes_of(batch)));
        *request.method_mut() = Method::POST;
        let Ok(uri) = path.parse() else {
            return Some(Answer::Unreachable);
        };
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        for (name, value) in &config.headers {
            headers.append(name, value.clone());
        }
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(header::CONTENT_TYPE, protobuf);
        if let Ok(host) = server.authority().parse() {
            headers.insert(header::HOST, host);
        }
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(failed) if failed.message().is_some() => return None,
            Err(_) => return Some(Answer::Unreachable),
        };
        let (head, body) = response.into_parts();
        let answer = match body_of(body, config.response_bytes).await {
            Ok(body) => response::of_http(head.status.as_u16(), &head.headers, &body),
            Err(answer) => answer,
        };
        Some(answer)
    }
}
