//! yrs: a map of the records' bytes, one transaction an update, and the shorter (second) of its encodings.

use yrs::updates::decoder::Decode as _;
use yrs::{Any, Doc, Map as _, MapRef, Out, ReadTxn as _, StateVector, Transact as _, Update};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct Yrs {
    doc: Doc,
    devices: MapRef,
    /// What the other replica is known to hold.
    known: StateVector,
}

impl Yrs {
    fn new(client: u64) -> Self {
        let doc = Doc::with_client_id(client);
        let devices = doc.get_or_insert_map("devices");
        Self {
            doc,
            devices,
            known: StateVector::default(),
        }
    }

    fn synced(&mut self) {
        self.known = self.doc.transact().state_vector();
    }
}

impl Engine for Yrs {
    const NAME: &'static str = "yrs";

    fn pair(workload: &Workload) -> [Self; 2] {
        let [mut a, mut b] = [1, 2].map(Self::new);
        let mut transaction = a.doc.transact_mut();
        for device in &workload.devices {
            let bytes = Any::Buffer(device.base.to_bytes().into());
            a.devices
                .insert(&mut transaction, device.name.as_str(), bytes);
        }
        drop(transaction);
        b.apply(&a.make());
        a.synced();
        b.synced();
        [a, b]
    }

    fn update(&mut self, device: &Device, record: &Record) {
        let bytes = Any::Buffer(record.to_bytes().into());
        let mut transaction = self.doc.transact_mut();
        self.devices
            .insert(&mut transaction, device.name.as_str(), bytes);
    }

    fn make(&mut self) -> Vec<u8> {
        self.doc.transact().encode_diff_v2(&self.known)
    }

    fn apply(&mut self, message: &[u8]) {
        let update = Update::decode_v2(message).expect("its own bytes");
        self.doc
            .transact_mut()
            .apply_update(update)
            .expect("its own update");
    }

    fn get(&self, device: &Device) -> Option<Record> {
        match self.devices.get(&self.doc.transact(), &device.name)? {
            Out::Any(Any::Buffer(bytes)) => Some(Record::from_bytes(&bytes)),
            _ => None,
        }
    }
}
