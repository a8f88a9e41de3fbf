//! A call that ends when it is told to, polled by hand.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use tower::Service;

use crate::resilience::bare::NoAnswer;

/// What a device will answer, and whether it was asked. A service's request and its future.
#[derive(Clone, Default)]
pub struct Answer(Arc<AtomicU8>);

const NOT_ASKED: u8 = 0;
const ASKED: u8 = 1;
const SUCCEEDS: u8 = 2;
const FAILS: u8 = 3;

impl Future for Answer {
    type Output = Result<(), NoAnswer>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.load(Ordering::Acquire) {
            SUCCEEDS => Poll::Ready(Ok(())),
            FAILS => Poll::Ready(Err(NoAnswer)),
            _ => {
                self.0.store(ASKED, Ordering::Release);
                Poll::Pending
            }
        }
    }
}

/// Answers as it is told.
#[derive(Clone)]
pub struct Device;

impl Service<Answer> for Device {
    type Response = ();
    type Error = NoAnswer;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoAnswer>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, answer: Answer) -> Answer {
        answer
    }
}

/// Whether a service is ready, after which it is called.
pub fn is_ready<S: Service<Answer>>(service: &mut S) -> bool {
    let context = &mut Context::from_waker(Waker::noop());
    let ready = service.poll_ready(context).is_ready();
    if ready {
        let mut call = pin!(service.call(Answer::default()));
        while call.as_mut().poll(context).is_pending() {
            thread::yield_now();
        }
    }
    ready
}

/// So often a caller looks whether it may go on.
const MOST_POLLS: u32 = 10_000;

/// A call under way.
pub struct Call<F> {
    answer: Answer,
    future: Pin<Box<F>>,
}

impl<F: Future> Call<F> {
    /// Begins, and waits until the device was asked; nothing if it ends before that, or waits for what does not
    /// come while others are inside.
    pub fn begin(make: impl FnOnce(Answer) -> F) -> Option<Self> {
        let answer = Answer::default();
        let mut future = Box::pin(make(answer.clone()));
        let context = &mut Context::from_waker(Waker::noop());
        for _ in 0..MOST_POLLS {
            if future.as_mut().poll(context).is_ready() {
                break;
            }
            if answer.0.load(Ordering::Acquire) != NOT_ASKED {
                return Some(Self { answer, future });
            }
            // It waits for a lock.
            thread::yield_now();
        }
        None
    }

    pub fn end(mut self, succeeds: bool) {
        let answer = if succeeds { SUCCEEDS } else { FAILS };
        self.answer.0.store(answer, Ordering::Release);
        let context = &mut Context::from_waker(Waker::noop());
        while self.future.as_mut().poll(context).is_pending() {
            thread::yield_now();
        }
    }
}
