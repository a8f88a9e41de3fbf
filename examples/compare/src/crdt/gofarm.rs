//! gofarm-crdt: one `LwwMap` in a replica without a disk, and a session each that has synchronised the base.

use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::store::NoStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Handle, Replica, Replicated, Value};

use super::Engine;
use super::workload::{Device, Record, Workload};

pub struct Gofarm {
    replica: Replica<NoStore>,
    devices: Handle<Devices>,
    session: Session,
    now: Now,
}

#[derive(Default, Replicated)]
struct Devices {
    devices: LwwMap<String, Valve>,
}

/// A record without its time: that is the write's.
#[derive(Debug, Clone, PartialEq, Value)]
struct Valve {
    open: bool,
    reason: String,
    setpoint: f32,
}

impl Valve {
    fn of(record: &Record) -> Self {
        Self {
            open: record.open,
            reason: record.reason.clone(),
            setpoint: record.setpoint,
        }
    }
}

impl Gofarm {
    fn new(own: u64, peer: u64) -> Self {
        let now = at(0);
        let mut replica =
            Replica::open(NoStore::new(ReplicaId::new(own), own), now).expect("nothing to read");
        let devices = replica.register("devices").expect("a name");
        let limits = Limits::lan()
            .with_max_frame(u16::MAX)
            .with_window_bytes(u32::MAX)
            .with_outstanding(1 << 20);
        let number = u32::try_from(own).expect("small");
        Self {
            replica,
            devices,
            session: Session::new(PeerIdentity::relay(ReplicaId::new(peer)), limits, number),
            now,
        }
    }
}

/// Wall time and a monotonic clock that keep pace.
fn at(unix: u64) -> Now {
    Now::new(Instant::from_millis(unix), Some(UnixMillis::new(unix)))
}

impl Engine for Gofarm {
    const NAME: &'static str = "gofarm";

    fn pair(workload: &Workload) -> [Self; 2] {
        let mut pair = [Self::new(1, 2), Self::new(2, 1)];
        let [a, b] = &mut pair;
        // One update, one time: a millisecond has 65 536 time-stamps, and the base more records.
        let base = &workload.devices;
        a.now = at(base.iter().map(|device| device.base.ts).max().unwrap_or(0));
        b.now = a.now;
        a.replica.update(a.now, &a.devices, |devices| {
            for device in base {
                let valve = Valve::of(&device.base);
                devices.devices.insert(device.name.clone(), valve);
            }
        });
        loop {
            let (from_a, from_b) = (a.make(), b.make());
            if from_a.is_empty() && from_b.is_empty() {
                if a.session.is_synced() && b.session.is_synced() {
                    break;
                }
                // Nothing more to say for the moment: acknowledgements wait a little.
                let next = a.session.poll_timeout().min(b.session.poll_timeout());
                a.now = at(next.as_micros().div_ceil(1_000));
                b.now = a.now;
            }
            a.apply(&from_b);
            b.apply(&from_a);
        }
        pair
    }

    fn update(&mut self, device: &Device, record: &Record) {
        self.now = at(record.ts);
        let valve = Valve::of(record);
        self.replica.update(self.now, &self.devices, |devices| {
            devices.devices.insert(device.name.clone(), valve);
        });
    }

    fn make(&mut self) -> Vec<u8> {
        self.replica.commit().expect("nothing to fail");
        let mut message = Vec::new();
        let mut frame = vec![0; usize::from(u16::MAX)];
        while let Some(len) = self
            .session
            .poll_transmit(&mut self.replica, self.now, &mut frame)
        {
            message.extend_from_slice(&u16::try_from(len).expect("a frame").to_le_bytes());
            message.extend_from_slice(&frame[..len]);
        }
        message
    }

    fn apply(&mut self, message: &[u8]) {
        let mut rest = message;
        while let Some((len, tail)) = rest.split_first_chunk::<2>() {
            let (frame, tail) = tail.split_at(usize::from(u16::from_le_bytes(*len)));
            self.session
                .handle_input(&mut self.replica, self.now, frame)
                .expect("an honest frame");
            rest = tail;
        }
        self.replica.commit().expect("nothing to fail");
    }

    fn get(&self, device: &Device) -> Option<Record> {
        let devices = &self.replica.read(&self.devices).devices;
        let valve = devices.get(device.name.as_str())?;
        Some(Record {
            open: valve.open,
            reason: valve.reason.clone(),
            setpoint: valve.setpoint,
            ts: devices.stamp(device.name.as_str())?.unix().as_millis(),
        })
    }
}
