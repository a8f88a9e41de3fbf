//! Answers under way: [`StreamedBody`].

use core::any::type_name;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use crate::layer::code::Code;
use crate::layer::ending::Ending;
use crate::layer::exchange::Exchange;

/// The body of an answer, with the request that it ends.
///
/// The request has ended when the body has, with its trailers if there are some. Dropped before, it counts as
/// cancelled.
#[pin_project(PinnedDrop)]
pub struct StreamedBody<B: Body> {
    #[pin]
    inner: B,
    exchange: Exchange,
    /// How it ends if nothing else is said.
    ending: Ending,
}

impl<B: Body> StreamedBody<B> {
    pub(super) fn of(response: Response<B>, mut exchange: Exchange) -> Response<Self> {
        let (parts, inner) = response.into_parts();
        let status = parts.status.as_u16();
        let told = code(&parts.headers);
        let ending = match (exchange.is_grpc(), told) {
            (false, _) => Ending::Answered(status),
            (true, Some(code)) => Ending::Called(code),
            (true, None) if status == 200 => Ending::Called(Code::UNKNOWN),
            (true, None) => Ending::Called(Code::from_http(status)),
        };
        // Nobody reads a body that is empty, nor one behind which there is nothing to wait for.
        let has_ended = inner.is_end_stream() || exchange.is_bodiless(status) || told.is_some();
        if has_ended {
            exchange.ended(ending);
        }
        let body = Self {
            inner,
            exchange,
            ending,
        };
        Response::from_parts(parts, body)
    }
}

impl<B: Body> Body for StreamedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let entered = this.exchange.enter();
        let frame = ready!(this.inner.poll_frame(cx));
        drop(entered);
        let ending = match &frame {
            None => Some(*this.ending),
            Some(Err(_)) => Some(Ending::Failed(type_name::<B::Error>())),
            Some(Ok(frame)) => frame.trailers_ref().map(|trailers| match this.ending {
                Ending::Called(_) => Ending::Called(code(trailers).unwrap_or(Code::UNKNOWN)),
                other => *other,
            }),
        };
        if let Some(ending) = ending {
            this.exchange.ended(ending);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[pin_project::pinned_drop]
impl<B: Body> PinnedDrop for StreamedBody<B> {
    fn drop(self: Pin<&mut Self>) {
        let this = self.project();
        // A server does not ask a body again that says it is at its end.
        if this.inner.is_end_stream() {
            this.exchange.ended(*this.ending);
        }
    }
}

impl<B: Body> fmt::Debug for StreamedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedBody")
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers
        .get("grpc-status")
        .map(|value| Code::parse(value.as_bytes()))
}
