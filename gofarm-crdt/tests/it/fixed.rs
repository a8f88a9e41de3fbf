//! Where memory is fixed: a full collection says so and loses nothing that it had.

use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::error::Full;
use gofarm_crdt::field::{Edit, Field, JoinError, Pen};
use gofarm_crdt::flag::EnableWinsFlag;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::set::AddWinsSet;
use gofarm_crdt::{Timestamp, capacity::Growing};

use crate::subject::{actor, canonical, cells, dot, write};

/// Writes as replica `writer`; returns the number of writes it took.
fn by<F: Field, R>(
    field: &mut F,
    writer: u64,
    write: impl FnOnce(&mut Edit<'_, F>) -> R,
) -> (R, u64) {
    let pen = Pen::new(actor(writer), 0, Timestamp::from_bits(9), &());
    let result = write(&mut pen.edit(field, 0));
    (result, pen.last())
}

#[test]
fn a_full_set_says_so_and_loses_nothing() {
    let mut crew = AddWinsSet::<u64, Fixed<2, 2>>::new();
    for element in 1..=2 {
        assert_eq!(by(&mut crew, 1, |e| e.try_insert(element)), (Ok(()), 1));
    }
    let before = canonical(&crew);
    // No room for the element, and no write number is used up.
    assert_eq!(
        by(&mut crew, 1, |e| e.try_insert(3)),
        (Err(Full { limit: 2 }), 0)
    );
    // Room for the element of a second writer, not of a third.
    assert_eq!(by(&mut crew, 2, |e| e.try_insert(1)), (Ok(()), 1));
    assert_eq!(
        by(&mut crew, 3, |e| e.try_insert(1)),
        (Err(Full { limit: 2 }), 0)
    );
    assert_eq!(
        by(&mut crew, 3, |e| e.try_remove(&1)),
        (Err(Full { limit: 2 }), 0)
    );
    assert_eq!(crew.len(), 2);
    assert_eq!(canonical(&crew)[&[2][..]], before[&[2][..]]);

    let mut large = AddWinsSet::<u64, Growing>::new();
    write(&mut large, (3, 0, 0), "add", &[1]);
    write(&mut large, (3, 1, 0), "add", &[3]);
    let before = canonical(&crew);
    for cell in cells(&large) {
        assert_eq!(
            cell.join_into(&mut crew),
            Err(JoinError::Full(Full { limit: 2 }))
        );
    }
    assert_eq!(canonical(&crew), before);
}

#[test]
fn a_place_is_free_again_when_all_know_of_the_removal() {
    let mut map = LwwMap::<u64, u64, Fixed<1>>::new();
    assert_eq!(by(&mut map, 1, |e| e.try_insert(1, 10)), (Ok(()), 1));
    assert_eq!(by(&mut map, 2, |e| e.remove(&1)), (true, 1));
    assert_eq!(
        by(&mut map, 1, |e| e.try_insert(2, 20)),
        (Err(Full { limit: 1 }), 0)
    );
    assert!(!map.settle(0, &|known| known == dot(1, 1)));
    assert!(map.settle(0, &|known| known == dot(2, 1)));
    assert_eq!(by(&mut map, 1, |e| e.try_insert(2, 20)), (Ok(()), 1));
    assert_eq!(map.get(&2), Some(&20));
}

#[test]
fn a_full_counter_or_flag_says_so() {
    let mut litres = GCounter::<Fixed<1>>::default();
    assert_eq!(by(&mut litres, 1, |e| e.try_add(5)), (Ok(()), 1));
    assert_eq!(
        by(&mut litres, 2, |e| e.try_add(5)),
        (Err(Full { limit: 1 }), 0)
    );
    assert_eq!(litres.value(), 5);
    let mut alarm = EnableWinsFlag::<Fixed<1>>::default();
    assert_eq!(by(&mut alarm, 1, |e| e.try_enable()), (Ok(()), 1));
    assert_eq!(
        by(&mut alarm, 2, |e| e.try_disable()),
        (Err(Full { limit: 1 }), 0)
    );
    assert!(alarm.is_enabled());
}
