//! Drivers that wait, over `embedded-io-async`: [`AsyncClient`] and [`AsyncServer`].
//!
//! They run the machines of the polled drivers and decide nothing themselves. A future of theirs that is dropped
//! leaves a request on its way; the next call gives it up, and what still comes of it is nobody's answer. For that,
//! the stream must keep what it has when a future of its `read` or `write` is dropped, as the buffered serial ports and
//! the sockets of embassy and tokio do.

mod client;
mod server;

pub use client::AsyncClient;
pub use server::AsyncServer;

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use embedded_hal_async::delay::DelayNs;
use gofarm_core::time::Instant;

/// What `first` gives, unless `until` comes before; it is asked first.
async fn before<T>(
    now: Instant,
    until: Option<Instant>,
    delay: &mut impl DelayNs,
    first: impl Future<Output = T>,
) -> Option<T> {
    let mut first = pin!(first);
    let Some(until) = until else {
        return Some(first.await);
    };
    let wait = until.saturating_since(now).max(Duration::from_micros(1));
    let wait = u32::try_from(wait.as_micros()).unwrap_or(u32::MAX);
    let mut delay = pin!(delay.delay_us(wait));
    poll_fn(|context| {
        if let Poll::Ready(value) = first.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        delay.as_mut().poll(context).map(|()| None)
    })
    .await
}
