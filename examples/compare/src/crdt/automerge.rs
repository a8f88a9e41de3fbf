//! automerge: a map of the records' bytes, one commit an update; it compresses what it can.
//!
//! Its sync protocol takes three rounds for this, so it is not measured: here a message is what it can save.

use std::marker::PhantomData;

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc as _};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct Automerge<M> {
    doc: AutoCommit,
    devices: ObjId,
    /// What the other replica is known to hold.
    known: Vec<ChangeHash>,
    message: PhantomData<M>,
}

/// A way to send changes.
pub trait Message {
    const ENGINE: &'static str;

    fn make(doc: &mut AutoCommit, known: &[ChangeHash]) -> Vec<u8>;
}

/// Each change that the other lacks, one after the other.
pub struct Changes;

/// The whole document.
pub struct Whole;

/// The changes that the other lacks as one bundle, which automerge calls experimental and not for production.
pub struct Bundle;

impl Message for Changes {
    const ENGINE: &'static str = "automerge";

    fn make(doc: &mut AutoCommit, known: &[ChangeHash]) -> Vec<u8> {
        doc.save_after(known)
    }
}

impl Message for Whole {
    const ENGINE: &'static str = "automerge, whole";

    fn make(doc: &mut AutoCommit, _: &[ChangeHash]) -> Vec<u8> {
        doc.save()
    }
}

impl Message for Bundle {
    const ENGINE: &'static str = "automerge, bundle";

    fn make(doc: &mut AutoCommit, known: &[ChangeHash]) -> Vec<u8> {
        let changes = doc.get_changes_meta(known);
        let hashes: Vec<ChangeHash> = changes.iter().map(|change| change.hash).collect();
        let bundle = doc.bundle(hashes).expect("changes of its own");
        bundle.bytes().to_vec()
    }
}

impl<M: Message> Engine for Automerge<M> {
    const NAME: &'static str = M::ENGINE;

    fn pair(workload: &Workload) -> [Self; 2] {
        let mut doc = AutoCommit::new().with_actor(ActorId::from([1]));
        let devices = doc
            .put_object(ROOT, "devices", ObjType::Map)
            .expect("a fresh document");
        let mut a = Self {
            doc,
            devices,
            known: Vec::new(),
            message: PhantomData,
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
            message: PhantomData,
        };
        [a, b]
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.put(device, record);
        self.doc.commit();
    }

    fn make(&mut self) -> Vec<u8> {
        M::make(&mut self.doc, &self.known)
    }

    fn apply(&mut self, message: &[u8]) {
        self.doc.load_incremental(message).expect("its own bytes");
    }

    fn get(&self, device: &Device) -> Option<Record> {
        let (value, _) = self.doc.get(&self.devices, &device.name).expect("a map")?;
        Some(Record::from_bytes(value.as_bytes()?))
    }
}

impl<M> Automerge<M> {
    fn put(&mut self, device: &Device, record: &Record) {
        self.doc
            .put(&self.devices, &device.name, record.to_bytes())
            .expect("a map");
    }
}
