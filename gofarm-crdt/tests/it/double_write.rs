//! What a double write promises: both sides or neither, each once, and a person is told in time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers are small")]

use alloc::collections::{BTreeMap, BTreeSet};

use gofarm_core::error::Kind;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::double_write::{
    Action, Begun, Config, DoubleWrite, DoubleWriteError, Event, Settled, Side, WriteId,
};
use gofarm_crdt::error::Full;
use gofarm_crdt::journal::Limits;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::store::fault::{Cut, FaultyStore};

const REPLICA: ReplicaId = ReplicaId::new(7);

fn id(n: u64) -> WriteId {
    WriteId::new((u128::from(n) << 64 | 0xabc).to_be_bytes())
}

/// A place that keeps the promises that the module asks for.
#[derive(Default)]
struct Sink {
    holds: BTreeMap<WriteId, u32>,
    undone: BTreeSet<WriteId>,
    refuses: BTreeSet<WriteId>,
}

impl Sink {
    fn call(&mut self, id: WriteId, action: Action) -> Result<(), Kind> {
        match action {
            Action::Undo => {
                self.holds.remove(&id);
                self.undone.insert(id);
            }
            Action::Apply if self.refuses.contains(&id) || self.undone.contains(&id) => {
                return Err(Kind::Invalid);
            }
            Action::Apply if self.holds.contains_key(&id) => {}
            Action::Apply => *self.holds.entry(id).or_default() += 1,
        }
        Ok(())
    }
}

#[test]
fn both_sides_have_it_once_or_neither_has_it() {
    for seed in 0..300 {
        let mut random = SplitMix64::new(seed);
        let mut store = MemoryStore::new(REPLICA, seed);
        let mut sinks = [Sink::default(), Sink::default()];
        let mut now = Instant::ZERO;
        let mut double = DoubleWrite::open(now, &mut store, 0, Config::new()).unwrap();
        let mut begun = BTreeSet::new();
        let mut settled = BTreeMap::new();
        let mut waiting = Vec::new(); // calls on their way
        for step in 0..600u64 {
            let is_healing = step > 300;
            now += millis(random.below(20_000));
            match random.below(if is_healing { 3 } else { 6 }) {
                0 => {
                    while let Some(attempt) = double.poll_transmit(now) {
                        waiting.push(attempt.call());
                    }
                }
                1 | 2 => {
                    while !waiting.is_empty() {
                        let call = waiting.swap_remove(random.below(waiting.len() as u64) as usize);
                        let sink = &mut sinks[usize::from(call.side() == Side::Second)];
                        let fate = random.below(if is_healing { 1 } else { 4 });
                        let outcome = match fate {
                            // The request was lost, or the answer.
                            1 => Err(Kind::TimedOut),
                            2 => sink.call(call.id(), call.action()).and(Err(Kind::TimedOut)),
                            _ => sink.call(call.id(), call.action()),
                        };
                        double.handle_outcome(now, call, outcome, &mut random);
                    }
                    let Ok(()) = double.commit(&mut store);
                }
                3 | 4 => {
                    let id = id(random.below(60));
                    for sink in &mut sinks {
                        if !begun.contains(&id) && random.below(5) == 0 {
                            sink.refuses.insert(id);
                        }
                    }
                    let first = double.begin(now, id, b"12 m3").unwrap();
                    assert_eq!(
                        first == Begun::New,
                        !begun.contains(&id),
                        "seed {seed}: {id}"
                    );
                    let Ok(()) = double.commit(&mut store);
                    begun.insert(id);
                }
                _ => {
                    let mut faulty = FaultyStore::new(&mut store);
                    faulty.cut_at(1, [Cut::Before, Cut::After][random.below(2) as usize]);
                    let _ = double.commit(&mut faulty);
                    store = store.restored(step);
                    double = DoubleWrite::open(now, &mut store, 0, Config::new()).unwrap();
                    waiting.clear();
                }
            }
            while let Some(event) = double.poll_event() {
                let (id, how) = match event {
                    Event::Written(id) => (id, Settled::Written),
                    Event::Compensated { id, .. } => (id, Settled::Compensated),
                    _ => continue,
                };
                let before = settled.insert(id, how);
                assert!(
                    before.is_none_or(|before| before == how),
                    "seed {seed}: {id}"
                );
            }
        }
        assert!(double.is_empty(), "seed {seed}: {double:?}");
        for id in begun {
            let held = sinks.each_ref().map(|sink| sink.holds.get(&id).copied());
            let expected = match double.begin(now, id, b"12 m3") {
                Ok(Begun::Settled(Settled::Written)) => Some(1),
                Ok(Begun::Settled(Settled::Compensated)) => None,
                other => panic!("seed {seed}: {other:?}"),
            };
            assert_eq!(held, [expected; 2], "seed {seed}: {id}");
        }
    }
}

fn opened(config: Config) -> (DoubleWrite, MemoryStore, SplitMix64) {
    let mut store = MemoryStore::new(REPLICA, 1);
    let double = DoubleWrite::open(Instant::ZERO, &mut store, 0, config).unwrap();
    (double, store, SplitMix64::new(1))
}

#[test]
fn nothing_is_tried_before_it_is_durable() {
    let (mut double, mut store, _) = opened(Config::new());
    double.begin(Instant::ZERO, id(1), b"x").unwrap();
    assert_eq!(double.poll_transmit(Instant::ZERO), None);
    let Ok(()) = double.commit(&mut store);
    assert_eq!(double.poll_timeout(), Some(Instant::ZERO));
    let sides: Vec<_> =
        core::iter::from_fn(|| Some(double.poll_transmit(Instant::ZERO)?.call().side())).collect();
    assert_eq!(sides, Side::BOTH);
}

#[test]
fn after_300_s_a_person_is_told_once_and_it_is_still_tried() {
    let (mut double, mut store, mut random) = opened(Config::new());
    double.begin(Instant::ZERO, id(1), b"x").unwrap();
    let Ok(()) = double.commit(&mut store);
    let (mut tries, mut told) = (Vec::new(), Vec::new());
    while let Some(now) = double
        .poll_timeout()
        .filter(|now| *now < Instant::from_secs(900))
    {
        double.handle_timeout(now);
        while let Some(attempt) = double.poll_transmit(now) {
            let call = attempt.call();
            let answer = match call.side() {
                Side::First => Ok(()),
                Side::Second => Err(Kind::Transient),
            };
            if answer.is_err() {
                tries.push(now);
            }
            double.handle_outcome(now, call, answer, &mut random);
        }
        while let Some(event) = double.poll_event() {
            told.push((now, event));
        }
    }
    let person = Event::PersonNeeded {
        id: id(1),
        waits_for: Side::Second,
        action: Action::Apply,
    };
    assert_eq!(told, [(Instant::from_secs(300), person)]);
    // 2 s, half as much more each time, up to 60 s; 20 % either way.
    let waits: Vec<_> = tries
        .windows(2)
        .map(|pair| pair[1].saturating_since(pair[0]))
        .collect();
    let mut expected = secs(2);
    for wait in &waits {
        assert!(
            *wait >= expected * 8 / 10 && *wait <= expected * 12 / 10,
            "{waits:?}"
        );
        expected = (expected * 3 / 2).min(secs(60));
    }
    assert!(waits.len() > 18, "{waits:?}");
}

#[test]
fn a_refusal_is_compensated_also_when_the_other_call_is_on_its_way() {
    let (mut double, mut store, mut random) = opened(Config::new());
    let now = Instant::ZERO;
    double.begin(now, id(1), b"x").unwrap();
    let Ok(()) = double.commit(&mut store);
    let first = double.poll_transmit(now).unwrap().call();
    let second = double.poll_transmit(now).unwrap().call();
    double.handle_outcome(now, second, Err(Kind::Permanent), &mut random);
    assert_eq!(
        double.poll_transmit(now),
        None,
        "the first side's answer is not there yet"
    );
    double.handle_outcome(now, first, Ok(()), &mut random);
    let undo = double.poll_transmit(now).unwrap().call();
    assert_eq!((undo.side(), undo.action()), (Side::First, Action::Undo));
    double.handle_outcome(now, first, Ok(()), &mut random); // an old answer again
    assert_eq!(double.poll_event(), None);
    double.handle_outcome(now, undo, Err(Kind::Permanent), &mut random);
    assert_eq!(
        double.poll_event(),
        Some(Event::UndoRefused {
            id: id(1),
            side: Side::First
        })
    );
    let later = double.poll_timeout().unwrap();
    let undo = double.poll_transmit(later).unwrap().call();
    double.handle_outcome(later, undo, Ok(()), &mut random);
    let compensated = Event::Compensated {
        id: id(1),
        refused_by: Side::Second,
    };
    assert_eq!(double.poll_event(), Some(compensated));
    assert!(double.is_empty());
}

#[test]
fn it_is_bounded_and_remembers_the_last_ids() {
    let limits = Limits::new().entries(2).bytes(10);
    let (mut double, mut store, mut random) = opened(Config::new().limits(limits).remember(1));
    let now = Instant::ZERO;
    double.begin(now, id(1), b"12345").unwrap();
    assert_eq!(double.begin(now, id(1), b"12345"), Ok(Begun::Running));
    assert_eq!(
        double.begin(now, id(1), b"other"),
        Err(DoubleWriteError::Differs(id(1)))
    );
    let too_long = DoubleWriteError::TooLong {
        bytes: 11,
        limit: 10,
    };
    assert_eq!(double.begin(now, id(2), b"123456"), Err(too_long));
    double.begin(now, id(2), b"12345").unwrap();
    assert_eq!(
        double.begin(now, id(3), b""),
        Err(DoubleWriteError::Full(Full { limit: 2 }))
    );
    let Ok(()) = double.commit(&mut store);
    while let Some(attempt) = double.poll_transmit(now) {
        let call = attempt.call();
        double.handle_outcome(now, call, Ok(()), &mut random);
    }
    let Ok(()) = double.commit(&mut store);
    assert_eq!(store.len(), 1);
    let mut double = DoubleWrite::open(now, &mut store, 0, Config::new()).unwrap();
    assert_eq!(
        double.begin(now, id(2), b""),
        Ok(Begun::Settled(Settled::Written))
    );
    assert_eq!(double.begin(now, id(1), b""), Ok(Begun::New), "forgotten");
}
