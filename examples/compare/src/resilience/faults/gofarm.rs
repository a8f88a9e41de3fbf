//! A breaker of ours, through its Layer, on the runtime's clock.

use std::sync::Arc;
use std::time::Duration;

use gofarm_resilience::Outcome;
use gofarm_resilience::layer::{
    BreakerLayer, ByKind, CallFuture, Guarded, RuntimeClock, SingleBreaker,
};
use gofarm_resilience::policy::breaker::{Breaker, Mode, SharedBreaker, WINDOW_WORDS};
use gofarm_resilience::policy::sliding_window::Window;
use tokio::runtime::Runtime;
use tower::{Layer as _, Service as _};

use super::answer::{self, Answer, Device};
use super::{Rules, Subject, Trip};

#[derive(Clone)]
pub struct Gofarm {
    service: Guarded<Device, SingleBreaker<WINDOW_WORDS>>,
    breaker: Arc<SharedBreaker<WINDOW_WORDS>>,
}

impl Subject for Gofarm {
    const NAME: &'static str = "gofarm";

    type Call =
        answer::Call<CallFuture<Answer, SingleBreaker<WINDOW_WORDS>, ByKind, (), RuntimeClock>>;

    fn new(rules: Rules) -> Option<Self> {
        let config = match rules.trip {
            Trip::InARow(failures) => Breaker::consecutive(failures).windowed(),
            Trip::OfCalls {
                calls,
                rate,
                minimum,
            } => {
                let config = Breaker::failure_rate(rate).window(Window::calls(calls));
                match minimum {
                    Some(calls) => config.minimum_calls(calls),
                    None => config,
                }
            }
            Trip::OfTime {
                length,
                rate,
                minimum,
            } => Breaker::failure_rate(rate)
                .window(Window::time(length, 10))
                .minimum_calls(minimum),
            Trip::Slow(limit) => Breaker::failure_rate(1.0)
                .window(Window::calls(10))
                .slow_rate(1.0, limit),
        };
        let config = config.open_for(rules.open_for).half_open(rules.trials);
        let config = if rules.cancelled_fails {
            config.cancelled_as(Outcome::Failure)
        } else {
            config
        };
        let breaker = Arc::new(config.build_shared().expect("figures in range"));
        let service = BreakerLayer::sharing(Arc::clone(&breaker)).layer(Device);
        Some(Self { service, breaker })
    }

    fn begin(&self) -> Option<Self::Call> {
        let mut service = self.service.clone();
        answer::Call::begin(|answer| service.call(answer))
    }

    fn end(&self, call: Self::Call, succeeds: bool) {
        call.end(succeeds);
    }

    fn wait(runtime: &Runtime, time: Duration) {
        runtime.block_on(tokio::time::advance(time));
    }

    fn is_ready(&mut self) -> Option<bool> {
        Some(answer::is_ready(&mut self.service))
    }

    fn hold_open(&self, _: &Runtime) -> bool {
        self.breaker.hold(Mode::ForcedOpen);
        true
    }
}
