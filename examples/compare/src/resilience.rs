//! gofarm-resilience beside tower-resilience, failsafe, recloser, governor and tower's own Layers.
//!
//! One call around a service or a function that does nothing, so that the figure is the policy's. "Clock given" means
//! that no clock is read; a Layer of ours reads its clock twice a call, which is a row of the floor.

mod bare;
mod batches;
mod failsafe;
mod faults;
mod floor;
mod gofarm;
mod governor;
mod keyed;
mod memory;
mod recloser;
mod semaphore;
mod tower;
mod tower_resilience;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    floor::measure(figures);
    gofarm::measure(figures);
    tower_resilience::measure(figures);
    failsafe::measure(figures);
    recloser::measure(figures);
    governor::measure(figures);
    tower::measure(figures);
    keyed::measure(figures);
    memory::measure(figures);
    semaphore::measure(figures);
    faults::measure(figures);
}

const CLOSED: &str = "breaker by itself, closed: one call";
const FAILING: &str = "breaker by itself, closed: every other call fails";
const REJECTED: &str = "breaker by itself, open: one rejection";
const SERVED: &str = "breaker around a service, closed: one call";
const SERVED_REJECTED: &str = "breaker around a service, open: one rejection";
const PLACES: &str = "at most 1024 calls at once, around a service: one call";
const RATE: &str = "rate limit around a service: one call";
const TIMEOUT: &str = "time-out around a service: one call";
const RETRY: &str = "retry around a service: one call that succeeds";
const TOKENS: &str = "token bucket by itself: one taken";
const TOKENS_REJECTED: &str = "token bucket by itself: one rejection";
