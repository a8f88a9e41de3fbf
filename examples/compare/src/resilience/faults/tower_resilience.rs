//! A breaker of tower-resilience.

use std::future::{Future, poll_fn};
use std::pin::Pin;

use tokio::runtime::Runtime;
use tower::{Layer as _, Service as _};
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerError, CircuitBreakerHandle, CircuitBreakerLayer,
    DefaultClassifier, SlidingWindowType,
};

use super::answer::{self, Device};
use super::{Rules, Subject, Trip};
use crate::resilience::bare::NoAnswer;

type Boxed = Pin<Box<dyn Future<Output = Result<(), CircuitBreakerError<NoAnswer>>>>>;

#[derive(Clone)]
pub struct TowerResilience {
    service: CircuitBreaker<Device, DefaultClassifier>,
    handle: CircuitBreakerHandle<DefaultClassifier>,
}

impl Subject for TowerResilience {
    const NAME: &'static str = "tower-resilience";

    type Call = answer::Call<Boxed>;

    fn new(rules: Rules) -> Option<Self> {
        if rules.cancelled_fails {
            return None;
        }
        let builder = CircuitBreakerLayer::builder()
            .wait_duration_in_open(rules.open_for)
            .permitted_calls_in_half_open(usize::from(rules.trials));
        let builder = match rules.trip {
            Trip::InARow(failures) => builder.consecutive_failures(usize::from(failures)),
            Trip::OfCalls {
                calls,
                rate,
                minimum,
            } => {
                let builder = builder
                    .failure_rate_threshold(rate)
                    .sliding_window_size(usize::from(calls));
                match minimum {
                    Some(calls) => builder.minimum_number_of_calls(usize::from(calls)),
                    None => builder,
                }
            }
            Trip::OfTime {
                length,
                rate,
                minimum,
            } => builder
                .failure_rate_threshold(rate)
                .sliding_window_type(SlidingWindowType::TimeBased)
                .sliding_window_duration(length)
                .minimum_number_of_calls(usize::from(minimum)),
            Trip::Slow(limit) => builder
                .failure_rate_threshold(1.0)
                .sliding_window_size(10)
                .slow_call_duration_threshold(limit)
                .slow_call_rate_threshold(1.0),
        };
        let (layer, handle) = builder.build_with_handle().expect("figures in range");
        let service = layer.layer(Device);
        Some(Self { service, handle })
    }

    fn begin(&self) -> Option<Self::Call> {
        let mut service = self.service.clone();
        answer::Call::begin(|answer| {
            let call: Boxed = Box::pin(async move {
                poll_fn(|context| {
                    tower::Service::<answer::Answer>::poll_ready(&mut service, context)
                })
                .await?;
                service.call(answer).await
            });
            call
        })
    }

    fn end(&self, call: Self::Call, succeeds: bool) {
        call.end(succeeds);
    }

    fn is_ready(&mut self) -> Option<bool> {
        Some(answer::is_ready(&mut self.service))
    }

    fn hold_open(&self, runtime: &Runtime) -> bool {
        runtime.block_on(self.handle.force_open());
        true
    }
}
