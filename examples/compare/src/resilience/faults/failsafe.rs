//! A breaker of failsafe; it has no trials of a number, and neither windows of calls nor slow calls.

use std::sync::Arc;

use failsafe::failure_policy::{consecutive_failures, success_rate_over_time_window};
use failsafe::{Config, FailurePolicy, StateMachine, backoff};

use super::{Rules, Subject, Trip};

#[derive(Clone)]
pub struct Failsafe(Arc<dyn Machine>);

/// A state machine, whatever its policy is.
trait Machine: Send + Sync {
    fn is_call_permitted(&self) -> bool;
    fn on_success(&self);
    fn on_error(&self);
}

impl<P: FailurePolicy + Send + Sync> Machine for StateMachine<P, ()> {
    fn is_call_permitted(&self) -> bool {
        self.is_call_permitted()
    }

    fn on_success(&self) {
        self.on_success();
    }

    fn on_error(&self) {
        self.on_error();
    }
}

impl Subject for Failsafe {
    const NAME: &'static str = "failsafe";

    type Call = ();

    fn new(rules: Rules) -> Option<Self> {
        if rules.cancelled_fails {
            return None;
        }
        let wait = backoff::constant(rules.open_for);
        Some(Self(match rules.trip {
            Trip::InARow(failures) => {
                let policy = consecutive_failures(u32::from(failures), wait);
                Arc::new(Config::new().failure_policy(policy).build())
            }
            Trip::OfTime {
                length,
                rate,
                minimum,
            } => {
                let minimum = u32::from(minimum);
                let policy = success_rate_over_time_window(1.0 - rate, minimum, length, wait);
                Arc::new(Config::new().failure_policy(policy).build())
            }
            Trip::OfCalls { .. } | Trip::Slow(_) => return None,
        }))
    }

    fn begin(&self) -> Option<()> {
        self.0.is_call_permitted().then_some(())
    }

    fn end(&self, (): (), succeeds: bool) {
        if succeeds {
            self.0.on_success();
        } else {
            self.0.on_error();
        }
    }
}
