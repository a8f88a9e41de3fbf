//! What may be shared between tasks and threads.

use gofarm_core::Validated;
use gofarm_core::command::{Command, Lease, RamJournal, Refusal, Tracker};
use gofarm_core::contract::{Change, Descriptor, Refused, Violation};
use gofarm_core::device::DeviceId;
use gofarm_core::link::Link;
use gofarm_core::quality::Pipeline;
use gofarm_core::reading::Reading;
use gofarm_core::text::Text;
use gofarm_core::time::{Instant, ManualClock};
use gofarm_core::trace_context::TraceContext;

fn is_send_and_sync<T: Send + Sync + Unpin>() {}

#[test]
fn values_and_machines_are_send_and_sync() {
    is_send_and_sync::<Command<u8>>();
    is_send_and_sync::<Lease<RamJournal>>();
    is_send_and_sync::<Refusal>();
    is_send_and_sync::<Tracker>();
    is_send_and_sync::<Change>();
    is_send_and_sync::<Descriptor>();
    is_send_and_sync::<Refused<u8>>();
    is_send_and_sync::<Violation>();
    is_send_and_sync::<Validated<Reading<f32>>>();
    is_send_and_sync::<DeviceId>();
    is_send_and_sync::<Link>();
    is_send_and_sync::<Pipeline>();
    is_send_and_sync::<Text<8>>();
    is_send_and_sync::<Instant>();
    is_send_and_sync::<ManualClock>();
    is_send_and_sync::<TraceContext>();
}

#[cfg(feature = "std")]
#[test]
fn what_is_shared_on_a_gateway_is_send_and_sync() {
    use gofarm_core::hot::{Hot, Snapshot};

    is_send_and_sync::<Hot<u8, Violation>>();
    is_send_and_sync::<Snapshot<u8>>();
    fn is_send<T: Send>() {}
    is_send::<gofarm_core::lifecycle::Registry>();
}
