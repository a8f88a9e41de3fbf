//! The main upstream of the field: closed when water runs that nobody asked for.

use gofarm_core::time::{Instant, secs};
use gofarm_hal::flow_meter::{Expected, FlowEvent, FlowLimits};

use super::Controller;
use crate::season::gateway::Output;

/// What the main lets through: more than a litre a minute through a closed valve is a leak.
pub(super) const LIMITS: FlowLimits = FlowLimits::new(1_000).settle(secs(30));

impl Controller {
    /// Water that nobody asked for is stopped at the main, which needs no radio. A person opens it again.
    pub(super) fn watch_main(&mut self, now: Instant, flow: u32, out: &mut impl FnMut(Output)) {
        // A close that is under way says nothing: it is the one that may find the valve stuck.
        let expected = match self.planned.is_some() || self.running_until.is_some() {
            true => Expected::Unknown,
            false => Expected::None,
        };
        if let Some(FlowEvent::Leak { .. }) = self.main.update(flow, expected, now) {
            self.counts.leaks += 1;
            self.is_main_closed = true;
            let field = self.number;
            out(Output::Main {
                field,
                is_open: false,
            });
        }
    }

    /// A person has looked at the leak and mended it.
    pub(in crate::season) fn mended(&mut self, out: &mut impl FnMut(Output)) {
        if core::mem::take(&mut self.is_main_closed) {
            let field = self.number;
            out(Output::Main {
                field,
                is_open: true,
            });
        }
    }
}
