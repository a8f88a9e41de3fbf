//! [`run`]: a [`Dispatcher`] that waits for messages and for time.

use core::future::Future;
use core::pin::pin;

use gofarm_core::time::Clock;
use tokio::sync::mpsc::{Receiver, UnboundedSender};

use super::{Answer, Dispatcher, Message};

/// Dispatches until `stop` is ready, or nobody is left who sends messages or takes answers.
///
/// The clock is tokio's: [`TokioClock`](gofarm_sched::driver::TokioClock). Answers go into a channel without a bound, so
/// that two services that wait for room at each other cannot stand still; their number is that of the jobs.
pub async fn run(
    mut dispatcher: Dispatcher,
    clock: impl Clock,
    mut messages: Receiver<Message>,
    answers: UnboundedSender<Answer>,
    stop: impl Future<Output = ()>,
) -> Dispatcher {
    let mut stop = pin!(stop);
    loop {
        let wait = dispatcher.poll_timeout().saturating_since(clock.now());
        tokio::select! {
            () = &mut stop => return dispatcher,
            message = messages.recv() => match message {
                Some(message) => dispatcher.handle(clock.now(), message),
                None => return dispatcher,
            },
            () = tokio::time::sleep(wait) => dispatcher.handle_timeout(clock.now()),
        }
        while let Some(answer) = dispatcher.poll_answer() {
            if answers.send(answer).is_err() {
                return dispatcher;
            }
        }
    }
}
