//! crdt-kit: its `LWWMap`, whose delta needs the other's whole state at hand: each replica keeps a copy.

use crdt_kit::clock::HybridTimestamp;
use crdt_kit::{DeltaCrdt, LWWMap, LWWMapDelta};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct CrdtKit {
    node: u16,
    devices: LWWMap<String, Record>,
    /// What the other replica is known to hold.
    known: LWWMap<String, Record>,
}

impl Engine for CrdtKit {
    const NAME: &'static str = "crdt-kit";

    fn pair(workload: &Workload) -> [Self; 2] {
        [1, 2].map(|node| {
            let mut replica = Self {
                node,
                devices: LWWMap::new(),
                known: LWWMap::new(),
            };
            for device in &workload.devices {
                replica.update(device, &device.base);
            }
            replica.known = replica.devices.clone();
            replica
        })
    }

    fn update(&mut self, device: &Device, record: &Record) {
        let timestamp = HybridTimestamp {
            physical: record.ts,
            logical: 0,
            node_id: self.node,
        };
        self.devices
            .insert(device.name.clone(), record.clone(), timestamp);
    }

    fn make(&mut self) -> Vec<u8> {
        let delta = self.devices.delta(&self.known);
        postcard::to_stdvec(&delta).expect("plain values")
    }

    fn apply(&mut self, message: &[u8]) {
        let delta: LWWMapDelta<String, Record> =
            postcard::from_bytes(message).expect("our own bytes");
        self.devices.apply_delta(&delta);
    }

    fn get(&self, device: &Device) -> Option<Record> {
        self.devices.get(&device.name).cloned()
    }
}
