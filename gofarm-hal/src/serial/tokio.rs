//! [`Frames`]: messages on streams of tokio.
//!
//! A gateway meets the lines of its nodes as streams: a serial port by `serial2-tokio` or `tokio-serial`, a TCP
//! connection to a device server, a pseudo terminal. All of them are `AsyncRead` and `AsyncWrite` already and need no
//! wrapper of ours. What they lack is where a message begins and ends, as the firmware's
//! [`serial::Frames`](super::Frames) writes it; here is the same machine under an async driver.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Poll, Waker, ready};
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::{Port, SendError};

/// Messages over a stream of tokio, each whole or not at all; the other end of [`serial::Frames`](super::Frames).
///
/// `N` is the most bytes of an encoded message with its 0, as there: `len + len / 254 + 2`. Both ends choose it alone;
/// what is too long for the receiver is counted as lost.
///
/// Both calls may be dropped before they are done, as `select!` does: nothing is lost on the way in, and a message that
/// was partly sent is finished before the next one, so that the line never carries half of one.
///
/// ```
/// use gofarm_hal::serial::tokio::Frames;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (node, gateway) = tokio::io::duplex(64); // or serial2_tokio::SerialPort::open("/dev/ttyS1", 115_200)?
/// let mut node: Frames<_, 128> = Frames::new(node);
/// let mut gateway: Frames<_, 128> = Frames::new(gateway);
/// node.send(b"moisture 0.31").await?;
/// assert_eq!(gateway.receive().await?, b"moisture 0.31");
/// # Ok::<(), gofarm_hal::serial::tokio::FramesError>(())
/// # })?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Frames<S, const N: usize> {
    frames: super::Frames<Woken<S>, N>,
}

/// A stream as a port that wakes a task when it is worth asking again.
#[derive(Debug)]
struct Woken<S> {
    stream: S,
    waker: Waker,
}

impl<S, const N: usize> Frames<S, N> {
    /// Messages over `stream`.
    #[must_use]
    pub fn new(stream: S) -> Self {
        Self {
            frames: super::Frames::new(Woken {
                stream,
                waker: Waker::noop().clone(),
            }),
        }
    }

    /// How many messages came that were too long or could not be decoded.
    #[must_use]
    pub const fn lost(&self) -> u32 {
        self.frames.lost()
    }

    /// The stream.
    pub const fn stream(&mut self) -> &mut S {
        &mut self.frames.port().stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, const N: usize> Frames<S, N> {
    /// Sends a message; waits until the stream has taken it.
    ///
    /// When it is dropped before it is done, the message was not begun, or goes on with the next call of this or of
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`FramesError`]. After [`FramesError::Send`] nothing was taken.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), FramesError> {
        self.flush().await?;
        self.frames.send(message)?;
        self.flush().await
    }

    /// Sends what is left of a message whose sending was dropped.
    ///
    /// # Errors
    /// [`FramesError`]; what is left goes on with the next call.
    pub async fn flush(&mut self) -> Result<(), FramesError> {
        poll_fn(|context| {
            self.frames.port().waker.clone_from(context.waker());
            if !self.frames.poll_send(Instant::ZERO)? {
                return Poll::Pending;
            }
            ready!(Pin::new(self.stream()).poll_flush(context))?;
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Waits for the next message that comes whole.
    ///
    /// # Errors
    /// [`FramesError::Closed`] at the end of the stream, and [`FramesError::Stream`] if it fails.
    pub async fn receive(&mut self) -> Result<&[u8], FramesError> {
        let place = poll_fn(|context| {
            self.frames.port().waker.clone_from(context.waker());
            match self.frames.poll_place(Instant::ZERO) {
                Ok(Some(place)) => Poll::Ready(Ok(place)),
                Ok(None) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await?;
        Ok(self.frames.message(place))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Port for Woken<S> {
    type Error = FramesError;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, FramesError> {
        let mut room = ReadBuf::new(into);
        let mut context = core::task::Context::from_waker(&self.waker);
        match Pin::new(&mut self.stream).poll_read(&mut context, &mut room) {
            Poll::Pending => Ok(0),
            Poll::Ready(Err(error)) => Err(error.into()),
            Poll::Ready(Ok(())) if room.filled().is_empty() => Err(FramesError::Closed),
            Poll::Ready(Ok(())) => Ok(room.filled().len()),
        }
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, FramesError> {
        let mut context = core::task::Context::from_waker(&self.waker);
        match Pin::new(&mut self.stream).poll_write(&mut context, bytes) {
            Poll::Pending => Ok(0),
            Poll::Ready(Err(error)) => Err(error.into()),
            Poll::Ready(Ok(0)) => Err(FramesError::Closed),
            Poll::Ready(Ok(len)) => Ok(len),
        }
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), FramesError>> {
        Progress::Ready(Ok(())) // a stream cannot say, and messages need not know
    }
}

/// Why messages over a stream failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FramesError {
    /// The message was not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The stream has ended.
    #[error("the stream was closed")]
    Closed,
    /// The stream failed.
    #[error("the stream failed")]
    Stream(#[from] io::Error),
}

impl Classify for FramesError {
    fn kind(&self) -> Kind {
        match self {
            Self::Send(error) => error.kind(),
            Self::Closed => Kind::Permanent,
            Self::Stream(error) => Classify::kind(error),
        }
    }

    fn was_sent(&self) -> bool {
        !matches!(self, Self::Send(_))
    }
}
