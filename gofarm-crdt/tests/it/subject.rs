//! Every type behind one face, so that laws, histories and tables are written once.

use alloc::collections::BTreeMap;
use core::fmt::Debug;

use gofarm_crdt::Timestamp;
use gofarm_crdt::cell::{CellCopy, Content};
use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
use gofarm_crdt::field::{Edit, Field, JoinError, Joined, Pen};
use gofarm_crdt::merge::Merge;

mod every_type;

pub(crate) use every_type::Least;

/// A write by its name in the tables, and how many small numbers it takes.
pub(crate) type Verb = (&'static str, usize);

/// A type under test.
pub(crate) trait Subject: Merge + Clone + Debug + 'static {
    fn verbs() -> Vec<Verb>;

    /// Does one write, or nothing if it makes no sense now.
    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]);

    /// What a reader sees, as text in a fixed order.
    fn read(&self) -> String;
}

/// A cell as a message: its key and content.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) key: Vec<u8>,
    content: CellCopy,
}

impl Cell {
    pub(crate) fn join_into(&self, field: &mut dyn Field) -> Result<Joined, JoinError> {
        let joined = self.content.read(|content| field.join(&self.key, content));
        joined.expect("cells are not empty")
    }
}

/// The cells of a field that hold something.
pub(crate) fn cells(field: &dyn Field) -> Vec<Cell> {
    let cell = |number| {
        let mut key = Vec::new();
        let mut content = CellCopy::new();
        field.key(number, &mut key);
        field.write(number, &mut content);
        content.read(|_| ())?;
        Some(Cell { key, content })
    };
    (0..field.cells()).filter_map(cell).collect()
}

/// The bytes of a state, the same for equal states: its cells sorted by key.
pub(crate) fn canonical(field: &dyn Field) -> BTreeMap<Vec<u8>, String> {
    let text = |cell: Cell| {
        let text = cell.content.read(|content| format!("{content:?}"));
        (cell.key, text.expect("cells are not empty"))
    };
    cells(field).into_iter().map(text).collect()
}

/// The same without what registers remember of replaced writes, which only tells conflicts apart.
pub(crate) fn observable(field: &dyn Field) -> BTreeMap<Vec<u8>, String> {
    let text = |cell: Cell| {
        let text = cell.content.read(|content| match *content {
            Content::Register {
                stamp, dot, value, ..
            } => format!("{stamp} {dot} {value:?}"),
            _ => format!("{content:?}"),
        });
        (cell.key, text.expect("cells are not empty"))
    };
    cells(field).into_iter().map(text).collect()
}

pub(crate) fn actor(number: u64) -> Actor {
    Actor::new(ReplicaId::new(number), 1)
}

pub(crate) fn dot(writer: u64, counter: u64) -> Dot {
    Dot::new(actor(writer), counter)
}

/// Writes as replica `writer`, whose last write was `last`; returns the last one now.
pub(crate) fn write<S: Subject>(
    state: &mut S,
    (writer, last, stamp): (u64, u64, u64),
    verb: &str,
    args: &[u64],
) -> u64 {
    let pen = Pen::new(actor(writer), last, Timestamp::from_bits(stamp), &());
    S::act(&mut pen.edit(state, 0), verb, args);
    pen.last()
}

/// Runs a test for every type, also where memory is fixed.
macro_rules! for_every_type {
    ($test:ident) => {
        $crate::subject::for_types! { $test
            lww: gofarm_crdt::register::Lww<u64>,
            mv_register: gofarm_crdt::register::MvRegister<u64>,
            merged: gofarm_crdt::register::Merged<$crate::subject::Least>,
            asked: gofarm_crdt::register::Asked<u64>,
            enable_wins_flag: gofarm_crdt::flag::EnableWinsFlag,
            disable_wins_flag: gofarm_crdt::flag::DisableWinsFlag,
            g_counter: gofarm_crdt::counter::GCounter,
            pn_counter: gofarm_crdt::counter::PnCounter,
            lww_set: gofarm_crdt::set::LwwSet<u64>,
            add_wins_set: gofarm_crdt::set::AddWinsSet<u64>,
            remove_wins_set: gofarm_crdt::set::RemoveWinsSet<u64>,
            lww_map: gofarm_crdt::map::LwwMap<u64, u64>,
            map_of_lww: gofarm_crdt::map::Map<u64, gofarm_crdt::register::Lww<u64>>,
            map_of_mv: gofarm_crdt::map::Map<u64, gofarm_crdt::register::MvRegister<u64>>,
            map_of_asked: gofarm_crdt::map::Map<u64, gofarm_crdt::register::Asked<u64>>,
            map_of_flags: gofarm_crdt::map::Map<u64, gofarm_crdt::flag::DisableWinsFlag>,
            map_of_counters: gofarm_crdt::map::Map<u64, gofarm_crdt::counter::PnCounter>,
            map_of_lww_maps: gofarm_crdt::map::Map<u64, gofarm_crdt::map::LwwMap<u64, u64>>,
            map_of_add_wins_sets: gofarm_crdt::map::Map<u64, gofarm_crdt::set::AddWinsSet<u64>>,
            map_of_remove_wins_sets: gofarm_crdt::map::Map<u64, gofarm_crdt::set::RemoveWinsSet<u64>>,
            map_of_maps_of_mv:
                gofarm_crdt::map::Map<u64, gofarm_crdt::map::Map<u64, gofarm_crdt::register::MvRegister<u64>>>,
            fixed_lww: gofarm_crdt::register::Lww<u64, gofarm_crdt::capacity::Fixed<3>>,
            fixed_mv_register: gofarm_crdt::register::MvRegister<u64, gofarm_crdt::capacity::Fixed<3>>,
            fixed_asked: gofarm_crdt::register::Asked<u64, gofarm_crdt::capacity::Fixed<3>>,
            fixed_flag: gofarm_crdt::flag::EnableWinsFlag<gofarm_crdt::capacity::Fixed<3>>,
            fixed_counter: gofarm_crdt::counter::PnCounter<gofarm_crdt::capacity::Fixed<3>>,
            fixed_add_wins_set: gofarm_crdt::set::AddWinsSet<u64, gofarm_crdt::capacity::Fixed<4, 3>>,
            fixed_remove_wins_set: gofarm_crdt::set::RemoveWinsSet<u64, gofarm_crdt::capacity::Fixed<4, 3>>,
            fixed_lww_map: gofarm_crdt::map::LwwMap<u64, u64, gofarm_crdt::capacity::Fixed<4>>,
        }
    };
}

macro_rules! for_types {
    ($test:ident $($name:ident: $type:ty,)*) => {$(
        #[test]
        fn $name() {
            $test::<$type>();
        }
    )*};
}

pub(crate) use {for_every_type, for_types};
