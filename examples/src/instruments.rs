//! Every instrument of every GoFarm crate, for dashboards and for exporters that show them before they are used.

use gofarm_core::observe::Instrument;
use gofarm_core::{command, link, quality};
use gofarm_hal::{lorawan, modbus, one_wire, ring_buffer, sdi12, sensor, update, valve};
use gofarm_otel::{export, instrument, layer, queue, runtime, sampler};
use gofarm_resilience::policy::breaker;
use gofarm_resilience::{dual_stack, health_service, pipeline};
use gofarm_sched::{
    autonomy, autoscale, dependency, drift, eviction, feedback, forecast, inference, load, mode,
    placement, reconcile, rollout,
};

/// The lists of all modules that have one.
#[must_use]
pub fn all() -> Vec<&'static [&'static Instrument]> {
    vec![
        &command::INSTRUMENTS,
        &link::INSTRUMENTS,
        &quality::INSTRUMENTS,
        &gofarm_crdt::replica::INSTRUMENTS,
        &breaker::INSTRUMENTS,
        &dual_stack::INSTRUMENTS,
        &health_service::INSTRUMENTS,
        &gofarm_resilience::layer::INSTRUMENTS,
        &pipeline::INSTRUMENTS,
        &autonomy::INSTRUMENTS,
        &autoscale::INSTRUMENTS,
        &dependency::INSTRUMENTS,
        &drift::INSTRUMENTS,
        &eviction::signal::INSTRUMENTS,
        &feedback::INSTRUMENTS,
        &forecast::INSTRUMENTS,
        &inference::INSTRUMENTS,
        &load::signal::INSTRUMENTS,
        &mode::signal::INSTRUMENTS,
        &placement::signal::INSTRUMENTS,
        &reconcile::INSTRUMENTS,
        &rollout::INSTRUMENTS,
        &lorawan::INSTRUMENTS,
        &modbus::signal::INSTRUMENTS,
        &one_wire::INSTRUMENTS,
        &ring_buffer::INSTRUMENTS,
        &sdi12::INSTRUMENTS,
        &sensor::i2c::INSTRUMENTS,
        &update::INSTRUMENTS,
        &valve::INSTRUMENTS,
        &export::INSTRUMENTS,
        &instrument::INSTRUMENTS,
        &layer::INSTRUMENTS,
        &queue::signal::INSTRUMENTS,
        &runtime::INSTRUMENTS,
        &sampler::signal::INSTRUMENTS,
    ]
}
