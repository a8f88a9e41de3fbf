//! A board alone, and beside a replica that holds the same state.

use gofarm_core::text::Text;
use gofarm_crdt::Board;
use gofarm_crdt::Replicated;
use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::{Actor, ReplicaId};
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::set::AddWinsSet;

use crate::replica::{Valve, at};

mod adopt;
mod full;
mod meet;
mod restart;

/// The same fields as [`Valve`], in place.
#[derive(Replicated, Debug, Default)]
pub(crate) struct SmallValve {
    open: Lww<bool, Fixed<1>>,
    reason: Lww<Text<24>, Fixed<1>>,
    litres: GCounter<Fixed<6>>,
    crew: AddWinsSet<u32, Fixed<6, 6>>,
    limits: LwwMap<Text<8>, u32, Fixed<4>>,
}

pub(crate) type Small = Board<'static, SmallValve, 8, 12>;

pub(crate) const NAME: &str = "valve/7";

pub(crate) fn board(id: u64) -> Small {
    Board::new(NAME, Actor::new(ReplicaId::new(id), 1))
}

/// Some pages of flash.
#[derive(Clone)]
pub(crate) struct Flash(pub(crate) Vec<[u8; 2048]>);

impl Flash {
    pub(crate) fn new(pages: usize) -> Self {
        Self(vec![[0xff; 2048]; pages])
    }

    pub(crate) fn pages(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|page| &page[..])
    }

    pub(crate) fn save(&mut self, board: &mut Small) -> usize {
        let mut page = [0xff; 2048];
        let save = board.save(&mut page).expect("a page is large enough");
        let (at, len) = (save.sequence() as usize % self.0.len(), save.bytes().len());
        let mut written = [0xff; 2048];
        written[..len].copy_from_slice(save.bytes());
        self.0[at] = written;
        save.done();
        len
    }
}

pub(crate) fn save(board: &mut Small) {
    Flash::new(1).save(board);
}

/// What a reader sees of a valve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    open: Option<bool>,
    reason: Option<String>,
    litres: u64,
    crew: Vec<u32>,
    limits: Vec<(String, u32)>,
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items
}

pub(crate) fn seen(valve: &Valve) -> Seen {
    Seen {
        open: valve.open.get().copied(),
        reason: valve.reason.get().cloned(),
        litres: valve.litres.value(),
        crew: sorted(valve.crew.iter().copied()),
        limits: sorted(valve.limits.iter().map(|(k, v)| (k.clone(), *v))),
    }
}

pub(crate) fn seen_small(valve: &SmallValve) -> Seen {
    let limits = valve.limits.iter();
    Seen {
        open: valve.open.get().copied(),
        reason: valve.reason.get().map(|text| text.as_str().to_owned()),
        litres: valve.litres.value(),
        crew: sorted(valve.crew.iter().copied()),
        limits: sorted(limits.map(|(k, v)| (k.as_str().to_owned(), *v))),
    }
}

#[test]
fn a_typical_board_takes_so_many_bytes() {
    #[derive(Replicated, Debug, Default)]
    struct Typical {
        open: Lww<bool, Fixed<1>>,
        reason: Lww<Text<24>, Fixed<1>>,
        litres: GCounter<Fixed<8>>,
        crew: AddWinsSet<u32, Fixed<8, 4>>,
    }
    let board = size_of::<Board<'static, Typical, 8, 11>>();
    // 2 584 where a pointer has 32 bits, by the same sum.
    if cfg!(target_pointer_width = "64") {
        assert_eq!(board, 2_640);
    }
}

#[test]
fn a_write_is_read_at_once_and_shown_after_the_save() {
    use gofarm_crdt::dot::Dot;
    use gofarm_crdt::ledger::Ledger;
    let mut board = board(1);
    board
        .update(at(1), |v| {
            v.open.set(true);
            v.litres.try_add(120)?;
            v.crew.try_insert(4)
        })
        .expect("room");
    assert_eq!(board.read().open.get(), Some(&true));
    assert!(!board.is_durable());
    assert_eq!(board.next_actor(None), None);
    assert_eq!(board.next_live(Dot::new(board.actor(), 1)), None);
    assert_eq!(board.context().prefix().get(board.actor()), 0);
    let before = board.revision();
    let mut page = [0; 2048];
    drop(board.save(&mut page).expect("room"));
    assert!(!board.is_durable(), "the flash was not written");
    save(&mut board);
    assert!(board.is_durable() && board.revision() != before);
    assert_eq!(board.context().prefix().get(board.actor()), 3);
    assert_eq!(board.next_actor(None), Some(board.actor()));
    // A cell that is written again is hidden until it is saved again; the others are not.
    board
        .update(at(2), |v| {
            v.open.set(false);
            Ok(())
        })
        .expect("room");
    let shown = board.next_live(Dot::new(board.actor(), 1));
    assert_eq!(shown.map(|(dot, _)| dot.counter()), Some(2));
}
