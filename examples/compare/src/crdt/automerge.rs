//! automerge: a map of the records' bytes, one commit an update.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc as _};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct Automerge {
    doc: AutoCommit,
    devices: ObjId,
    /// What the other replica is known to hold.
    known: Vec<ChangeHash>,
}

impl Engine for Automerge {
    const NAME: &'static str = "automerge";
    const PASSES: u32 = 1;

    fn pair(workload: &Workload) -> [Self; 2] {
        let mut doc = AutoCommit::new().with_actor(ActorId::from([1]));
        let devices = doc
            .put_object(ROOT, "devices", ObjType::Map)
            .expect("a fresh document");
        let mut a = Self {
            doc,
            devices,
            known: Vec::new(),
        };
        for device in &workload.devices {
            a.put(device, &device.base);
        }
        a.doc.commit();
        a.known = a.doc.get_heads();
        let doc = AutoCommit::load(&a.doc.save()).expect("its own bytes");
        let b = Self {
            doc: doc.with_actor(ActorId::from([2])),
            devices: a.devices.clone(),
            known: a.known.clone(),
        };
        [a, b]
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.put(device, record);
        self.doc.commit();
    }

    fn make(&mut self) -> Vec<u8> {
        self.doc.save_after(&self.known)
    }

    fn apply(&mut self, message: &[u8]) {
        self.doc.load_incremental(message).expect("its own bytes");
    }

    fn get(&self, device: &Device) -> Option<Record> {
        let (value, _) = self.doc.get(&self.devices, &device.name).expect("a map")?;
        Some(Record::from_bytes(value.as_bytes()?))
    }
}

impl Automerge {
    fn put(&mut self, device: &Device, record: &Record) {
        self.doc
            .put(&self.devices, &device.name, record.to_bytes())
            .expect("a map");
    }
}
