//! crdts: its `Map`, of registers; it knows no deltas, so a message is the whole state or each operation.

use std::convert::Infallible;
use std::fmt::Debug;

use crdts::ctx::AddCtx;
use crdts::map::Op;
use crdts::{CmRDT, CvRDT, MVReg, Map, ResetRemove, VClock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::workload::{Device, Record, Workload};

type Actor = u8;
/// Keeps concurrent writes, of which the reader takes the newest.
pub type Register = MVReg<Record, Actor>;

/// A map, sent whole.
pub struct State<V: Value> {
    actor: Actor,
    devices: Map<String, V, Actor>,
}

/// A map of [`Register`]s, of which each operation since the replicas parted is sent.
pub struct Operations {
    state: State<Register>,
    since: Vec<Op<String, Register, Actor>>,
}

/// What the map holds of a device.
pub trait Value
where
    Self: CvRDT + CmRDT<Op: Clone> + ResetRemove<Actor> + Clone + Default + Debug,
    Self: Serialize + DeserializeOwned,
{
    const ENGINE: &'static str;

    fn write(&self, record: Record, context: AddCtx<Actor>) -> Self::Op;
    fn newest(self) -> Option<Record>;
}

impl Value for Register {
    const ENGINE: &'static str = "crdts";

    fn write(&self, record: Record, context: AddCtx<Actor>) -> Self::Op {
        MVReg::write(self, record, context)
    }

    fn newest(self) -> Option<Record> {
        let values = self.read().val;
        values.into_iter().max_by_key(|record| record.ts)
    }
}

/// Keeps the newest record only; its own `LWWReg` cannot be put into its map.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Newest(Record);

impl CmRDT for Newest {
    type Op = Record;
    type Validation = Infallible;

    fn validate_op(&self, _: &Record) -> Result<(), Infallible> {
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        if self.0.ts < record.ts {
            self.0 = record;
        }
    }
}

impl CvRDT for Newest {
    type Validation = Infallible;

    fn validate_merge(&self, _: &Self) -> Result<(), Infallible> {
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.apply(other.0);
    }
}

impl ResetRemove<Actor> for Newest {
    fn reset_remove(&mut self, _: &VClock<Actor>) {
        // No device is ever removed here.
    }
}

impl Value for Newest {
    const ENGINE: &'static str = "crdts, LWW";

    fn write(&self, record: Record, _: AddCtx<Actor>) -> Record {
        record
    }

    fn newest(self) -> Option<Record> {
        Some(self.0)
    }
}

impl<V: Value> State<V> {
    /// Writes, and returns the operation for those who send operations.
    fn write(&mut self, device: &Device, record: &Record) -> Op<String, V, Actor> {
        let context = self.devices.read_ctx().derive_add_ctx(self.actor);
        let write = |value: &V, context| value.write(record.clone(), context);
        self.devices.update(device.name.as_str(), context, write)
    }
}

impl<V: Value> Engine for State<V> {
    const NAME: &'static str = V::ENGINE;

    fn pair(workload: &Workload) -> [Self; 2] {
        let mut a = Self {
            actor: 1,
            devices: Map::new(),
        };
        for device in &workload.devices {
            a.update(device, &device.base);
        }
        let b = Self {
            actor: 2,
            devices: a.devices.clone(),
        };
        [a, b]
    }

    fn update(&mut self, device: &Device, record: &Record) {
        let operation = self.write(device, record);
        self.devices.apply(operation);
    }

    fn make(&mut self) -> Vec<u8> {
        postcard::to_stdvec(&self.devices).expect("plain values")
    }

    fn apply(&mut self, message: &[u8]) {
        let other = postcard::from_bytes(message).expect("our own bytes");
        self.devices.merge(other);
    }

    fn get(&self, device: &Device) -> Option<Record> {
        self.devices.get(&device.name).val?.newest()
    }
}

impl Engine for Operations {
    const NAME: &'static str = "crdts, op log";

    fn pair(workload: &Workload) -> [Self; 2] {
        State::pair(workload).map(|state| Self {
            state,
            since: Vec::new(),
        })
    }

    fn update(&mut self, device: &Device, record: &Record) {
        let operation = self.state.write(device, record);
        self.state.devices.apply(operation.clone());
        self.since.push(operation);
    }

    fn make(&mut self) -> Vec<u8> {
        postcard::to_stdvec(&self.since).expect("plain values")
    }

    fn apply(&mut self, message: &[u8]) {
        let operations: Vec<_> = postcard::from_bytes(message).expect("our own bytes");
        for operation in operations {
            self.state.devices.apply(operation);
        }
    }

    fn get(&self, device: &Device) -> Option<Record> {
        self.state.get(device)
    }
}
