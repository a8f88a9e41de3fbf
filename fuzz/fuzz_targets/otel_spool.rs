//! Segments with anything in them: opening and reading comes to an end without panic, each item is counted once, and
//! what is appended behind them comes out as it went in.
#![no_main]

use arbitrary::Arbitrary;
use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::clock::Moment;
use gofarm_otel::spool::{Limits, Memory, Spool};
use libfuzzer_sys::fuzz_target;

const NOW: Moment = Moment::from_nanos(0);
const LIMITS: Limits = Limits::new(64 << 10);

#[derive(Arbitrary, Debug)]
struct Input {
    /// Batches that are written before the damage.
    written: Vec<Vec<u8>>,
    flips: Vec<(u16, u8)>,
    cut: Option<u16>,
    /// What another segment holds.
    image: Vec<u8>,
}

fn assert_sum(spool: &Spool) {
    let stats = spool.stats();
    let came = stats.recovered().total() + stats.appended().total();
    let went = stats.acknowledged().total() + stats.oldest().total() + stats.damaged().total();
    assert_eq!(came, went + stats.held().total(), "{stats:?}");
}

fuzz_target!(|input: Input| {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), LIMITS).unwrap();
    for (at, body) in (1..).zip(input.written.into_iter().take(20)) {
        let batch = Batch {
            kind: Kind::Traces,
            items: at,
            body,
        };
        let _ = spool.append(NOW, &batch);
        if at % 5 == 0
            && let Some(entry) = spool.peek()
        {
            spool.acknowledge(NOW, entry);
        }
    }
    let mut image = disk.image(1);
    for (at, mask) in input.flips {
        if let Some(byte) = image.get_mut(usize::from(at)) {
            *byte ^= mask;
        }
    }
    if let Some(cut) = input.cut {
        image.truncate(usize::from(cut));
    }
    disk.place(1, image);
    disk.place(7, input.image);

    let mut spool = Spool::open(disk, LIMITS).unwrap();
    assert_sum(&spool);
    let batch = Batch {
        kind: Kind::Logs,
        items: 3,
        body: b"behind the damage".to_vec(),
    };
    spool.append(NOW, &batch).unwrap();
    let mut last = None;
    while let Some(entry) = spool.peek() {
        last = Some(entry.batch().clone());
        spool.acknowledge(NOW, entry);
        assert_sum(&spool);
    }
    assert_eq!(last.as_deref(), Some(&batch));
    assert_eq!(spool.stats().held().total(), 0);
});
