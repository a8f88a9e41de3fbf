//! What the journal promises: an effect between replicas once, an effect on the world at most once and never unknown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers are small")]

use alloc::collections::BTreeMap;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
use gofarm_crdt::error::{Full, Malformed};
use gofarm_crdt::journal::{
    Inbox, InboxError, Limits, OpenError, Outbox, OutboxError, Phase, Reception,
};
use gofarm_crdt::store::fault::{Cut, FaultyStore};
use gofarm_crdt::store::{MemoryStore, Record, Store, Table};

const GATEWAY: ReplicaId = ReplicaId::new(1);
const FIELD: ReplicaId = ReplicaId::new(2);

fn outbox(store: &mut MemoryStore) -> Outbox {
    Outbox::open(store, 0, Limits::new()).unwrap()
}

fn inbox(store: &mut MemoryStore) -> Inbox {
    Inbox::open(store, 0, Limits::new()).unwrap()
}

/// One side's crash: its store with a cut at the next commit, opened again.
fn crash(
    store: &mut MemoryStore,
    random: &mut SplitMix64,
    commit: impl FnOnce(&mut FaultyStore<&mut MemoryStore>),
) {
    let mut faulty = FaultyStore::new(&mut *store);
    let cut = [Cut::Before, Cut::After][random.below(2) as usize];
    faulty.cut_at(1, cut);
    commit(&mut faulty);
    *store = store.restored(random.next_u64());
}

fn count(store: &mut MemoryStore, effect: &[u8]) -> u64 {
    let mut count = 0;
    let Ok(()) = store.scan(Table::Cells, &mut |key, value| {
        if key == effect {
            count = u64::from_le_bytes(value.try_into().unwrap());
        }
    });
    count
}

#[test]
fn an_effect_between_replicas_happens_exactly_once() {
    for seed in 0..300 {
        let mut random = SplitMix64::new(seed);
        let mut gateway = MemoryStore::new(GATEWAY, seed);
        let mut field = MemoryStore::new(FIELD, seed);
        let (mut out, mut into) = (outbox(&mut gateway), inbox(&mut field));
        let mut effects = Vec::new(); // those whose push was acknowledged
        let mut link: Vec<(Dot, u64, Vec<u8>)> = Vec::new();
        let mut acks: Vec<Dot> = Vec::new();
        for step in 0..400u64 {
            let is_settling = step >= 200; // nothing new, no crash, no loss
            match random.below(if is_settling { 3 } else { 6 }) {
                0 => {
                    for effect in out.pending() {
                        link.push((
                            effect.id(),
                            out.floor(effect.id().actor()),
                            effect.bytes().to_vec(),
                        ));
                    }
                }
                1 => {
                    // Any order, any number of times, or never.
                    for _ in 0..link.len() * if is_settling { 4 } else { 1 } {
                        let (id, floor, effect) =
                            link[random.below(link.len() as u64) as usize].clone();
                        let Ok(reception) = into.accept(id, floor) else {
                            continue;
                        };
                        if reception == Reception::New {
                            let times = count(&mut field, &effect) + 1;
                            let change = Record {
                                table: Table::Cells,
                                key: &effect,
                                value: Some(&times.to_le_bytes()),
                            };
                            if !is_settling && random.below(10) == 0 {
                                crash(&mut field, &mut random, |store| {
                                    let _ = store.commit(&mut into.records().chain([change]));
                                });
                                into = inbox(&mut field);
                                continue;
                            }
                            let Ok(()) = field.commit(&mut into.records().chain([change]));
                            into.committed();
                        }
                        acks.push(id);
                    }
                    if random.below(2) == 0 {
                        link.clear();
                    }
                }
                2 => {
                    for id in acks.drain(..) {
                        out.done(id);
                    }
                    let Ok(()) = out.commit(&mut gateway);
                }
                3 | 4 => {
                    let effect = format!("{seed}-{step}").into_bytes();
                    out.push(&effect).unwrap();
                    let Ok(()) = out.commit(&mut gateway);
                    effects.push(effect);
                }
                _ => {
                    out.push(b"not acknowledged").unwrap();
                    crash(&mut gateway, &mut random, |store| {
                        let _ = out.commit(store);
                    });
                    out = outbox(&mut gateway);
                }
            }
        }
        assert!(out.is_empty(), "seed {seed}: {} left", out.len());
        for effect in effects {
            assert_eq!(count(&mut field, &effect), 1, "seed {seed}");
        }
    }
}

#[test]
fn an_effect_on_the_world_happens_at_most_once_and_a_crash_in_between_is_known() {
    // Where the power goes: before or after the commit of the push, of the begin, after the effect, of the done.
    let mut outcomes = Vec::new();
    for (commit, cut) in (1..=3).flat_map(|commit| [(commit, Cut::Before), (commit, Cut::After)]) {
        let mut store = MemoryStore::new(GATEWAY, 1);
        let mut performed = 0;
        {
            let mut faulty = FaultyStore::new(&mut store);
            faulty.cut_at(commit, cut);
            let mut run = || -> Result<(), ()> {
                let mut out = Outbox::open(&mut faulty, 0, Limits::new()).map_err(drop)?;
                let id = out.push(b"pulse").map_err(drop)?;
                assert_eq!(out.pending().count(), 0, "shown before it is durable");
                out.commit(&mut faulty).map_err(drop)?;
                assert!(
                    out.begin(id) && !out.may_run(id),
                    "run before it is durable"
                );
                out.commit(&mut faulty).map_err(drop)?;
                assert!(out.may_run(id));
                performed += 1;
                assert!(out.done(id) && !out.may_run(id));
                out.commit(&mut faulty).map_err(drop)
            };
            assert_eq!(run(), Err(()));
        }
        let mut store = store.restored(2);
        let out = outbox(&mut store);
        let (pending, unknown) = (out.pending().count(), out.indeterminate().count());
        outcomes.push((performed, pending, unknown));
    }
    let nothing_known = (0, 0, 0);
    let waits = (0, 1, 0);
    assert_eq!(
        outcomes,
        [nothing_known, waits, waits, (0, 0, 1), (1, 0, 1), (1, 0, 0)]
    );
}

#[test]
fn an_indeterminate_effect_waits_for_a_decision() {
    let mut store = MemoryStore::new(GATEWAY, 1);
    let mut out = outbox(&mut store);
    let id = out.push(b"pulse").unwrap();
    out.begin(id);
    let Ok(()) = out.commit(&mut store);
    let mut store = store.restored(2);
    let mut out = outbox(&mut store);
    let effect = out.indeterminate().next().unwrap();
    assert_eq!(
        (effect.id(), effect.bytes(), effect.phase()),
        (id, &b"pulse"[..], Phase::Indeterminate)
    );
    assert!(!out.begin(id), "not by itself");
    assert!(out.again(id));
    let Ok(()) = out.commit(&mut store);
    assert_eq!(out.pending().count(), 1);
    assert!(out.done(id) && !out.done(id) && !out.again(id));
}

#[test]
fn effects_keep_their_order_over_openings() {
    let mut store = MemoryStore::new(GATEWAY, 1);
    for n in 0..20u8 {
        let mut out = outbox(&mut store);
        out.push(&[n]).unwrap();
        let Ok(()) = out.commit(&mut store);
        store = store.restored(u64::from(n));
    }
    let out = outbox(&mut store);
    let order: Vec<u8> = out.pending().map(|effect| effect.bytes()[0]).collect();
    assert_eq!(order, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_restored_backup_gives_no_id_twice() {
    let mut store = MemoryStore::new(GATEWAY, 1);
    let mut first = outbox(&mut store);
    let before = first.push(b"a").unwrap();
    let mut backup = store.restored(2);
    let after = outbox(&mut backup).push(b"b").unwrap();
    assert_ne!(before, after);

    let mut field = MemoryStore::new(FIELD, 1);
    let mut into = inbox(&mut field);
    assert_eq!(into.accept(before, 1), Ok(Reception::New));
    assert_eq!(into.accept(after, 1), Ok(Reception::New));
    assert_eq!(into.sources().count(), 2);
}

#[test]
fn a_full_outbox_refuses_and_keeps_what_it_has() {
    let mut store = MemoryStore::new(GATEWAY, 1);
    let limits = Limits::new().entries(2).bytes(10);
    let mut out = Outbox::open(&mut store, 0, limits).unwrap();
    let first = out.push(b"12345").unwrap();
    assert_eq!(
        out.push(b"123456"),
        Err(OutboxError::TooLong {
            bytes: 11,
            limit: 10
        })
    );
    out.push(b"12345").unwrap();
    assert_eq!(out.push(b""), Err(OutboxError::Full(Full { limit: 2 })));
    assert_eq!(out.push(b"").unwrap_err().kind(), Kind::Overloaded);
    assert_eq!(out.len(), 2);
    out.done(first);
    out.push(b"").unwrap();
}

#[test]
fn an_inbox_is_bounded_and_never_guesses() {
    let mut store = MemoryStore::new(FIELD, 1);
    let mut into = Inbox::open(&mut store, 0, Limits::new().entries(1)).unwrap();
    let source = Actor::new(GATEWAY, 1);
    let id = |number| Dot::new(source, number);
    assert_eq!(into.accept(id(0), 0), Err(InboxError::Zero));
    assert_eq!(into.accept(id(128), 1), Ok(Reception::New));
    let ahead = InboxError::Ahead {
        id: id(129),
        first_missing: 1,
        window: 128,
    };
    assert_eq!(into.accept(id(129), 1), Err(ahead));
    assert_eq!(into.accept(id(1), 1), Ok(Reception::New));
    assert_eq!(into.accept(id(129), 1), Ok(Reception::New));
    assert_eq!(
        into.accept(id(u64::MAX), 3),
        Err(InboxError::Ahead {
            id: id(u64::MAX),
            first_missing: 3,
            window: 128
        })
    );
    assert_eq!(
        into.accept(id(u64::MAX), u64::MAX),
        Ok(Reception::New),
        "the sender has settled the others"
    );
    assert_eq!(into.accept(id(u64::MAX), 1), Ok(Reception::Repeated));
    assert_eq!(into.accept(id(7), 1), Ok(Reception::Repeated));

    let other = Dot::new(Actor::new(GATEWAY, 2), 1);
    assert_eq!(
        into.accept(other, 1),
        Err(InboxError::Full(Full { limit: 1 }))
    );
    assert!(into.forget(source));
    assert_eq!(into.accept(other, 1), Ok(Reception::New));
    let Ok(()) = into.commit(&mut store);
    assert_eq!(store.len(), 1);
}

/// The window against a set that remembers everything.
#[test]
fn an_inbox_takes_each_number_once_in_any_order() {
    for seed in 0..200 {
        let mut random = SplitMix64::new(seed);
        let mut store = MemoryStore::new(FIELD, seed);
        let mut into = inbox(&mut store);
        let mut taken = BTreeMap::new();
        let mut floor = 1;
        for _ in 0..500 {
            let number = floor + random.below(160);
            let id = Dot::new(Actor::new(GATEWAY, 1), number);
            match into.accept(id, floor) {
                Ok(Reception::New) => assert_eq!(
                    taken.insert(number, ()),
                    None,
                    "seed {seed}: {number} twice"
                ),
                Ok(Reception::Repeated) => {
                    assert!(taken.contains_key(&number), "seed {seed}: {number} lost")
                }
                Err(error) => {
                    assert!(matches!(error, InboxError::Ahead { .. }) && number >= floor + 128)
                }
            }
            if random.below(8) == 0 {
                while taken.contains_key(&floor) {
                    floor += 1;
                }
            }
            if random.below(20) == 0 {
                let Ok(()) = into.commit(&mut store);
                store = store.restored(seed);
                into = inbox(&mut store);
            }
        }
    }
}

#[test]
fn streams_of_one_store_are_apart() {
    let mut store = MemoryStore::new(GATEWAY, 1);
    for stream in [0, 1, 256] {
        let mut out = Outbox::open(&mut store, stream, Limits::new()).unwrap();
        out.push(&stream.to_be_bytes()).unwrap();
        let Ok(()) = out.commit(&mut store);
    }
    let out = Outbox::open(&mut store, 256, Limits::new()).unwrap();
    let effects: Vec<_> = out
        .pending()
        .map(|effect| effect.bytes().to_vec())
        .collect();
    assert_eq!(effects, [[1, 0]]);
}

#[test]
fn records_that_cannot_be_read_are_told() {
    let rows: [(&[u8], &[u8], Malformed); 4] = [
        (
            b"o\0\0short",
            b"\0",
            Malformed::Truncated("the key of an effect"),
        ),
        (
            b"o\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01x",
            b"\0",
            Malformed::Trailing(1),
        ),
        (
            b"o\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01",
            b"\x02",
            Malformed::Invalid("the phase of an effect"),
        ),
        (
            b"i\0\0short",
            b"",
            Malformed::Invalid("what an inbox knows of a source"),
        ),
    ];
    for (key, value, expected) in rows {
        let mut store = MemoryStore::new(GATEWAY, 1);
        let record = Record {
            table: Table::Journal,
            key,
            value: Some(value),
        };
        let Ok(()) = store.commit(&mut [record].into_iter());
        let out = Outbox::open(&mut store, 0, Limits::new()).err();
        let into = Inbox::open(&mut store, 0, Limits::new()).err();
        assert_eq!(out.or(into), Some(OpenError::Malformed(expected)));
    }
}
