//! A breaker of recloser; it opens by a rate of the last calls and by nothing else.

use recloser::{AnyError, AsyncRecloser, RecloserFuture};

use super::answer::{self, Answer};
use super::{Rules, Subject, Trip};

#[derive(Clone)]
pub struct Recloser(AsyncRecloser);

impl Subject for Recloser {
    const NAME: &'static str = "recloser";

    type Call = answer::Call<RecloserFuture<Answer, AnyError>>;

    fn new(rules: Rules) -> Option<Self> {
        let Trip::OfCalls {
            calls,
            rate,
            minimum: None,
        } = rules.trip
        else {
            return None;
        };
        #[expect(clippy::cast_possible_truncation, reason = "0.5")]
        let breaker = recloser::Recloser::custom()
            .error_rate(rate as f32)
            .closed_len(usize::from(calls))
            .half_open_len(usize::from(rules.trials))
            .open_wait(rules.open_for)
            .build();
        Some(Self(AsyncRecloser::from(breaker)))
    }

    fn begin(&self) -> Option<Self::Call> {
        answer::Call::begin(|answer| self.0.call(answer))
    }

    fn end(&self, call: Self::Call, succeeds: bool) {
        call.end(succeeds);
    }
}
