//! The seeded base and updates that every engine sees.

use oorandom::Rand64;
use serde::{Deserialize, Serialize};

/// Updates on each replica while it is alone.
pub const UPDATES: u32 = 10_000;

/// How long the replicas are apart.
const PARTITION_MS: u64 = 72 * 3_600_000;

/// When the base was written, in milliseconds of Unix time.
const BASE_MS: u64 = 1_795_000_000_000;

const REASONS: [&str; 8] = [
    "schedule",
    "rain forecast",
    "manual",
    "soil moisture",
    "frost guard",
    "low pressure",
    "tank level",
    "leak alarm",
];

/// What a valve was last told; 22.4 bytes on average as postcard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub open: bool,
    pub reason: String,
    /// Flow in m³/h.
    pub setpoint: f32,
    /// When it was written, in milliseconds of Unix time; no two updates share it.
    pub ts: u64,
}

/// A valve: its name, as most engines key it, and the record both replicas start with.
pub struct Device {
    pub id: u32,
    pub name: String,
    pub base: Record,
}

/// All that happens to the two replicas.
pub struct Workload {
    pub devices: Vec<Device>,
    /// For each replica the updates in order of time: the index of a device and its new record.
    pub updates: [Vec<(usize, Record)>; 2],
}

impl Record {
    fn random(random: &mut Rand64, ts: u64) -> Self {
        let tenths = u16::try_from(random.rand_range(0..600)).expect("below 600");
        Self {
            open: random.rand_range(0..2) == 1,
            reason: REASONS[below(random, REASONS.len())].to_owned(),
            setpoint: f32::from(tenths) / 10.0,
            ts,
        }
    }

    /// For the engines that know no records but bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("plain values")
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        postcard::from_bytes(bytes).expect("our own bytes")
    }
}

impl Workload {
    /// One device in a hundred belongs to both sides, the others are divided between them, and each update hits any of
    /// a side's devices: of 1 000, 10 000 and 100 000 devices 10, 74 and 35 are written on both sides.
    pub fn new(devices: u32) -> Self {
        let mut random = Rand64::new(0x60_fa_72);
        let devices: Vec<Device> = (0..devices)
            .map(|id| Device {
                id,
                name: name(id),
                base: Record::random(&mut random, BASE_MS),
            })
            .collect();
        let updates = [0, 1].map(|side| {
            let mine: Vec<usize> = (0..devices.len())
                .filter(|index| writes(side, *index))
                .collect();
            (0..UPDATES)
                .map(|nth| {
                    let step = PARTITION_MS / u64::from(UPDATES);
                    // Even milliseconds on one side and odd ones on the other, so that no two are equal.
                    let ts =
                        BASE_MS + u64::from(nth + 1) * step + random.rand_range(0..step / 2) * 2;
                    let device = mine[below(&mut random, mine.len())];
                    (device, Record::random(&mut random, ts + side))
                })
                .collect()
        });
        Self { devices, updates }
    }

    /// The last record that each side wrote, for each device.
    pub fn last_records(&self) -> Vec<[Option<&Record>; 2]> {
        let mut last = vec![[None; 2]; self.devices.len()];
        for (side, updates) in self.updates.iter().enumerate() {
            for (device, record) in updates {
                last[*device][side] = Some(record);
            }
        }
        last
    }
}

/// 18 bytes, as names in the field are.
fn name(id: u32) -> String {
    let place = ["north", "south", "river", "ridge"][id as usize % 4];
    format!("{place}/valve-{id:06}")
}

fn writes(side: u64, index: usize) -> bool {
    match index % 200 {
        0 | 101 => true,
        other => other as u64 % 2 == side,
    }
}

fn below(random: &mut Rand64, end: usize) -> usize {
    usize::try_from(random.rand_range(0..end as u64)).expect("below a usize")
}
