//! What may be moved to another task, and what may be shared between tasks.

use gofarm_resilience::flow::{FlowReceiver, FlowSender};
use gofarm_resilience::policy::health::{Component, SharedComponent};
use gofarm_resilience::policy::{
    Bulkhead, BulkheadPermit, Fallback, Hedge, LimitPermit, Retry, SharedAimd, SharedBulkhead,
    SharedGradient, SharedHedge, SharedRetry, SharedTokenBucket, TokenBucket,
};
use gofarm_resilience::zone::{SharedZones, Zones};

const fn send<T: Send>() {}
const fn shared<T: Send + Sync>() {}

const _: () = {
    send::<TokenBucket>();
    send::<Bulkhead>();
    send::<Retry>();
    send::<Hedge>();
    send::<Component>();
    send::<Zones<2>>();
    send::<FlowSender>();
    send::<FlowReceiver>();
    shared::<SharedTokenBucket>();
    shared::<SharedBulkhead>();
    shared::<SharedRetry>();
    shared::<SharedHedge>();
    shared::<SharedAimd>();
    shared::<SharedGradient>();
    shared::<SharedComponent>();
    shared::<SharedZones<2>>();
    shared::<Fallback>();
    shared::<BulkheadPermit>();
    shared::<LimitPermit>();
};

#[cfg(feature = "std")]
const _: () = {
    use alloc::sync::Arc;
    use gofarm_resilience::memory::Shared;
    use gofarm_resilience::policy::health::Registry;
    use gofarm_resilience::policy::{ShardedBulkhead, StaleTable};
    use gofarm_resilience::semaphore::{Acquire, Permit, ShardedSemaphore};

    shared::<ShardedBulkhead<Shared>>();
    shared::<Registry<Shared>>();
    shared::<StaleTable<u32, f32, std::hash::RandomState>>();
    shared::<ShardedSemaphore>();
    shared::<Acquire<Arc<ShardedSemaphore>>>();
    shared::<Permit<Arc<ShardedSemaphore>>>();
};
