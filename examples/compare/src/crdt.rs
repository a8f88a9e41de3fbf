//! gofarm-crdt beside crdts, crdt-kit, automerge, loro, yrs and a plain `HashMap` with postcard.
//!
//! Two replicas that hold the same N devices take 10 000 updates each while they cannot talk, and reconverge with one
//! message each way. The same seeded updates for every engine, and nothing is stored on disk. Times are processor times
//! of the thread and include the counting of allocations.

mod automerge;
mod crdt_kit;
mod crdts;
mod floor;
mod gofarm;
mod loro;
mod parts;
mod workload;
mod yrs;

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::figures::Figures;
use workload::{Device, Record, Workload};

pub fn measure(figures: &mut Figures) {
    for devices in [1_000, 10_000, 100_000] {
        let workload = Workload::new(devices);
        let outcomes = [
            best::<floor::Floor<String>>(&workload),
            best::<floor::Floor<u32>>(&workload),
            best::<floor::Compressed<String>>(&workload),
            best::<floor::Compressed<u32>>(&workload),
            best::<gofarm::Gofarm>(&workload),
            best::<crdts::State<crdts::Register>>(&workload),
            best::<crdts::State<crdts::Newest>>(&workload),
            best::<crdts::Operations>(&workload),
            best::<crdt_kit::CrdtKit>(&workload),
            best::<yrs::Yrs>(&workload),
            best::<loro::Loro>(&workload),
            best::<automerge::Automerge<automerge::Changes>>(&workload),
            best::<automerge::Automerge<automerge::Whole>>(&workload),
            best::<automerge::Automerge<automerge::Bundle>>(&workload),
        ];
        note(figures, devices, &outcomes);
    }
    parts::measure(figures);
}

/// How many times the workload runs; the least times are noted, for these machines are shared.
const PASSES: u32 = 3;

/// One replica that holds the record of each device, the newest write winning as the engine understands it.
trait Engine: Sized {
    /// Names the engine in the figures.
    const NAME: &'static str;

    /// Two replicas that hold the base, each knowing that the other holds it.
    fn pair(workload: &Workload) -> [Self; 2];

    /// Writes a record on this replica, now being `record.ts`.
    fn update(&mut self, device: &Device, record: &Record);

    /// Encodes what the other replica is not known to hold.
    fn make(&mut self) -> Vec<u8>;

    /// Decodes a message and merges it.
    fn apply(&mut self, message: &[u8]);

    /// What a reader sees.
    fn get(&self, device: &Device) -> Option<Record>;
}

/// What one engine showed.
struct Outcome {
    engine: &'static str,
    /// For 20 000 updates.
    update: Duration,
    /// For both messages.
    make: Duration,
    /// In both messages.
    bytes: usize,
    /// Of both messages.
    apply: Duration,
    /// Bytes held by one replica with the base, on average.
    heap_base: i64,
    /// Bytes held by one replica when all is done, on average.
    heap_end: i64,
    /// Devices written on both sides that ended with the newer of the two records, in percent.
    newest: f64,
}

fn best<E: Engine>(workload: &Workload) -> Outcome {
    eprintln!("{} devices: {}", workload.devices.len(), E::NAME);
    let mut best = pass::<E>(workload);
    for _ in 1..PASSES {
        let other = pass::<E>(workload);
        best.update = best.update.min(other.update);
        best.make = best.make.min(other.make);
        best.apply = best.apply.min(other.apply);
    }
    best
}

fn pass<E: Engine>(workload: &Workload) -> Outcome {
    let mut pair = None;
    let base = allocation_counter::measure(|| pair = Some(E::pair(workload)));
    let [mut a, mut b] = pair.expect("just made");

    let mut times = [Duration::ZERO; 3];
    let mut bytes = 0;
    let parted = allocation_counter::measure(|| {
        let started = ThreadTime::now();
        for (replica, updates) in [&mut a, &mut b].into_iter().zip(&workload.updates) {
            for (device, record) in updates {
                replica.update(&workload.devices[*device], record);
            }
        }
        let updated = ThreadTime::now();
        let from_a = a.make();
        let from_b = b.make();
        let made = ThreadTime::now();
        a.apply(&from_b);
        b.apply(&from_a);
        times = [
            updated.duration_since(started),
            made.duration_since(updated),
            made.elapsed(),
        ];
        bytes = from_a.len() + from_b.len();
    });
    let newest = newest_after_convergence(workload, &a, &b);
    let [update, make, apply] = times;
    Outcome {
        engine: E::NAME,
        update,
        make,
        bytes,
        apply,
        heap_base: base.bytes_current / 2,
        heap_end: (base.bytes_current + parted.bytes_current) / 2,
        newest,
    }
}

/// Asserts that both replicas show the same for every device, and that it is what was written last, on whichever side
/// an engine prefers. Returns the share of devices written on both sides that ended with the newest record, in
/// percent.
fn newest_after_convergence<E: Engine>(workload: &Workload, a: &E, b: &E) -> f64 {
    let (mut both, mut newest) = (0_u32, 0_u32);
    for (device, last) in workload.devices.iter().zip(workload.last_records()) {
        let seen = a.get(device);
        assert_eq!(seen, b.get(device), "{} diverged", E::NAME);
        let seen = seen.unwrap_or_else(|| panic!("{} lost {}", E::NAME, device.name));
        match last {
            [None, None] => assert_eq!(seen, device.base, "{}", E::NAME),
            [Some(record), None] | [None, Some(record)] => {
                assert_eq!(seen, *record, "{}", E::NAME);
            }
            [Some(one), Some(other)] => {
                assert!(seen == *one || seen == *other, "{}", E::NAME);
                both += 1;
                newest += u32::from(seen.ts == one.ts.max(other.ts));
            }
        }
    }
    100.0 * f64::from(newest) / f64::from(both)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes far below the precision of f64"
)]
fn note(figures: &mut Figures, devices: u32, outcomes: &[Outcome]) {
    let updates = f64::from(2 * workload::UPDATES);
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let kib = |bytes: i64| bytes as f64 / 1024.0;
    type Figure<'f> = (&'f str, &'f str, &'f dyn Fn(&Outcome) -> f64);
    let table: [Figure<'_>; 7] = [
        ("update", "ns", &|o| o.update.as_secs_f64() * 1e9 / updates),
        ("make both messages", "µs", &|o| us(o.make)),
        ("both messages", "bytes", &|o| o.bytes as f64),
        ("apply both messages", "µs", &|o| us(o.apply)),
        ("heap of a replica with the base", "KiB", &|o| {
            kib(o.heap_base)
        }),
        ("heap of a replica at the end", "KiB", &|o| kib(o.heap_end)),
        ("converged, conflicts won by the newest", "%", &|o| o.newest),
    ];
    for (what, unit, value) in table {
        let case = format!("{devices} devices: {what}");
        for outcome in outcomes {
            figures.note(&case, outcome.engine, unit, value(outcome));
        }
    }
}
