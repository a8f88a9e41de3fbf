//! Replicas that meet through the drivers: over a channel with the clock standing still, and over a real broker.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::sync::Arc;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Clock, Instant, ManualClock, UnixMillis, WallClock};
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::Handle as Owner;
use gofarm_crdt::driver::run::{Notice, RunError, run};
use gofarm_crdt::driver::{Arrival, Transport, channel};
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
use gofarm_crdt::{Handle, Replica, Replicated};

#[cfg(feature = "mqtt")]
mod broker;
mod lossy;
mod meeting;
#[cfg(feature = "mqtt")]
mod mqtt;

/// The time that a test allows; shared with the threads that own the replicas.
#[derive(Clone, Debug)]
struct Time(Arc<ManualClock>);

impl Time {
    fn new() -> Self {
        Self(Arc::new(ManualClock::new()))
    }

    fn at(&self) -> Now {
        Now::new(self.now(), self.unix())
    }
}

impl Clock for Time {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

impl WallClock for Time {
    fn unix(&self) -> Option<UnixMillis> {
        let since = self.now().saturating_since(Instant::ZERO);
        Some(UnixMillis::new(1_790_000_000_000) + since)
    }
}

#[derive(Replicated, Debug, Default)]
struct Farm {
    litres: GCounter,
    soil: LwwMap<u32, u32>,
}

/// What two replicas must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct View {
    litres: u64,
    soil: Vec<(u32, u32)>,
}

/// A replica on its thread.
#[derive(Clone)]
struct Node<C> {
    id: ReplicaId,
    owner: Owner<Replica<MemoryStore>>,
    farm: Handle<Farm>,
    clock: C,
}

impl<C: Clock + WallClock + Clone + Send + Sync + 'static> Node<C> {
    fn new(id: u64, clock: C) -> Self {
        Self::with_seed(id, 7, clock)
    }

    /// `seed` decides its incarnation.
    fn with_seed(id: u64, seed: u64, clock: C) -> Self {
        let id = ReplicaId::new(id);
        let now = Now::new(clock.now(), clock.unix());
        let mut replica = Replica::open(MemoryStore::new(id, seed), now).unwrap();
        let farm = replica.register("farm").unwrap();
        let owner = Owner::start(replica).unwrap();
        Self {
            id,
            owner,
            farm,
            clock,
        }
    }

    /// One committed write.
    async fn write(&self, key: u32, value: u32) {
        let Self { farm, clock, .. } = self.clone();
        let written = self.owner.update(move |replica| {
            let now = Now::new(clock.now(), clock.unix());
            replica.update(now, &farm, |farm| {
                farm.litres.add(1);
                farm.soil.insert(key, value);
            });
        });
        written.await.unwrap();
    }

    async fn view(&self) -> View {
        let farm = self.farm;
        let view = self.owner.read(move |replica| {
            let farm = replica.read(&farm);
            let mut soil: Vec<_> = farm.soil.iter().map(|(k, v)| (*k, *v)).collect();
            soil.sort_unstable();
            View {
                litres: farm.litres.value(),
                soil,
            }
        });
        view.await.unwrap()
    }

    async fn litres(&self) -> u64 {
        let farm = self.farm;
        let litres = self
            .owner
            .read(move |replica| replica.read(&farm).litres.value());
        litres.await.unwrap()
    }

    fn session(&self, peer: ReplicaId, limits: Limits, number: u32) -> Session {
        Session::new(PeerIdentity::relay(peer), limits, number)
    }
}
