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
    over_the_policy(figures);
}

/// What a Layer of ours costs besides its policy and the clock it reads; not more than 20 ns is the aim.
fn over_the_policy(figures: &mut Figures) {
    let least = |figures: &Figures, case, engine| figures.find(case, engine, batches::ALONE);
    let clock = least(figures, floor::CASE, floor::CLOCK);
    let pairs = [
        ("closed", SERVED, CLOSED, 2.0),
        ("open", SERVED_REJECTED, REJECTED, 1.0),
    ];
    for (state, served, alone, looks) in pairs {
        let served = least(figures, served, gofarm::SHARED);
        let alone = least(figures, alone, gofarm::SHARED);
        if let (Some(served), Some(alone), Some(clock)) = (served, alone, clock) {
            let over = served - alone - looks * clock;
            figures.note("Layer over its policy and clock reads", state, "ns", over);
        }
    }
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
