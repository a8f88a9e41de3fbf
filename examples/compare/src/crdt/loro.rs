//! loro: a map of the records' bytes, one commit an update.

use loro::{ExportMode, LoroDoc, LoroMap, LoroValue, ValueOrContainer, VersionVector};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct Loro {
    doc: LoroDoc,
    devices: LoroMap,
    /// What the other replica is known to hold.
    known: VersionVector,
}

impl Loro {
    fn new(peer: u64) -> Self {
        let doc = LoroDoc::new();
        doc.set_peer_id(peer).expect("a valid peer");
        let devices = doc.get_map("devices");
        Self {
            doc,
            devices,
            known: VersionVector::default(),
        }
    }

    fn insert(&self, device: &Device, record: &Record) {
        self.devices
            .insert(&device.name, record.to_bytes())
            .expect("an attached map");
    }
}

impl Engine for Loro {
    const NAME: &'static str = "loro";

    fn pair(workload: &Workload) -> [Self; 2] {
        let [mut a, mut b] = [1, 2].map(Self::new);
        for device in &workload.devices {
            a.insert(device, &device.base);
        }
        a.doc.commit();
        b.apply(
            &a.doc
                .export(ExportMode::Snapshot)
                .expect("a plain document"),
        );
        a.known = a.doc.oplog_vv();
        b.known = b.doc.oplog_vv();
        [a, b]
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.insert(device, record);
        self.doc.commit();
    }

    fn make(&mut self) -> Vec<u8> {
        self.doc
            .export(ExportMode::updates(&self.known))
            .expect("a plain document")
    }

    fn apply(&mut self, message: &[u8]) {
        self.doc.import(message).expect("its own bytes");
    }

    fn get(&self, device: &Device) -> Option<Record> {
        match self.devices.get(&device.name)? {
            ValueOrContainer::Value(LoroValue::Binary(bytes)) => Some(Record::from_bytes(&bytes)),
            _ => None,
        }
    }
}
