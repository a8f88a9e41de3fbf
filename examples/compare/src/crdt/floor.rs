//! What the task costs without a CRDT: a `HashMap`, the time in the record deciding, and postcard.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Engine;
use super::workload::{Device, Record, Workload};

/// Records by name, or by number, which shortens messages and needs a directory of names.
pub struct Floor<K> {
    records: HashMap<K, Record>,
    /// The other replica holds all records up to this time.
    known: u64,
}

/// The same with messages compressed, as automerge's are.
pub struct Compressed<K>(Floor<K>);

/// What a device is known by.
pub trait Key: Hash + Eq + Clone + Serialize + DeserializeOwned {
    const ENGINE: &'static str;
    const COMPRESSED: &'static str;

    fn of(device: &Device) -> Self;
}

impl Key for String {
    const ENGINE: &'static str = "floor";
    const COMPRESSED: &'static str = "floor, lz4";

    fn of(device: &Device) -> Self {
        device.name.clone()
    }
}

impl Key for u32 {
    const ENGINE: &'static str = "floor, u32 ids";
    const COMPRESSED: &'static str = "floor, u32, lz4";

    fn of(device: &Device) -> Self {
        device.id
    }
}

impl<K: Key> Floor<K> {
    fn put(&mut self, key: K, record: Record) {
        let old = self.records.entry(key).or_default();
        if old.ts < record.ts {
            *old = record;
        }
    }
}

impl<K: Key> Engine for Floor<K> {
    const NAME: &'static str = K::ENGINE;

    fn pair(workload: &Workload) -> [Self; 2] {
        [(); 2].map(|()| {
            let mut floor = Self {
                records: HashMap::new(),
                known: 0,
            };
            for device in &workload.devices {
                floor.update(device, &device.base);
                floor.known = floor.known.max(device.base.ts);
            }
            floor
        })
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.put(K::of(device), record.clone());
    }

    fn make(&mut self) -> Vec<u8> {
        let news: Vec<(&K, &Record)> = self
            .records
            .iter()
            .filter(|(_, record)| record.ts > self.known)
            .collect();
        postcard::to_stdvec(&news).expect("plain values")
    }

    fn apply(&mut self, message: &[u8]) {
        let news: Vec<(K, Record)> = postcard::from_bytes(message).expect("our own bytes");
        for (key, record) in news {
            self.put(key, record);
        }
    }

    fn get(&self, device: &Device) -> Option<Record> {
        self.records.get(&K::of(device)).cloned()
    }
}

impl<K: Key> Engine for Compressed<K> {
    const NAME: &'static str = K::COMPRESSED;

    fn pair(workload: &Workload) -> [Self; 2] {
        Floor::pair(workload).map(Self)
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.0.update(device, record);
    }

    fn make(&mut self) -> Vec<u8> {
        lz4_flex::compress_prepend_size(&self.0.make())
    }

    fn apply(&mut self, message: &[u8]) {
        let message = lz4_flex::decompress_size_prepended(message).expect("our own bytes");
        self.0.apply(&message);
    }

    fn get(&self, device: &Device) -> Option<Record> {
        self.0.get(device)
    }
}
