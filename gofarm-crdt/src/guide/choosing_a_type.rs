//! Which type for which field: a table, and for each row what two writers see.
//!
//! Two people change the same thing while the link is down. Nobody erred, and when the link is back something must
//! be true, on every replica the same. *Which* something is decided by the type of the field, on the day when you
//! declare it, and hardly by anything later. So choose by asking what may go wrong, not by what looks like the value.
//!
//! # Ask first
//!
//! 1. **Does more than one replica write it?** A probe's value is written by its node alone. Then nothing can meet:
//!    take [`Lww`](crate::Lww) and read no further.
//! 2. **Which mistake costs more?** A withdrawn key that still opens the gate, or one that has to be given out
//!    again? A type in which the safe side wins needs no clock; a type in which the later one wins is as right as
//!    the clocks.
//! 3. **Do the values belong together?** What must never be mixed is one value in one field, not two fields: see
//!    [below](#values-that-belong-together).
//! 4. **Is it a wish for something to happen?** "Open for 20 minutes" is not state but a command. Keep it out: see
//!    [offline design](super::offline_design#what-to-replicate-and-what-never).
//!
//! # The table
//!
//! "Two writers" did not know of each other's write. Whoever has seen a write and writes again, replaces it, in every row.
//!
//! | the question | type | what two writers see |
//! |---|---|---|
//! | what is it now? | [`Lww<T>`](crate::Lww) | the later one, by time-stamp; the other is listed as a [`Conflict`](crate::conflict::Conflict) where they met |
//! | who said what? | [`MvRegister<T>`](crate::MvRegister) | both, until somebody writes again |
//! | is there a rule for two answers? | [`Merged<T>`](crate::Merged) | what your function makes of them |
//! | must a person decide? | [`Asked<T>`](crate::Asked) | the value that was agreed before, until a person approves one |
//! | who is in? (losing one is worse) | [`AddWinsSet<E>`](crate::AddWinsSet) | the element is there |
//! | who is out? (letting one in is worse) | [`RemoveWinsSet<E>`](crate::RemoveWinsSet) | the element is not there |
//! | is it in, as last said? | [`LwwSet<E>`](crate::LwwSet) | the later of adding and removing |
//! | is anybody raising it? (an alarm) | [`EnableWinsFlag`](crate::EnableWinsFlag) | it is on |
//! | does nobody object? (a release) | [`DisableWinsFlag`](crate::DisableWinsFlag) | it is off |
//! | how much, in all? | [`GCounter`](crate::GCounter) | the sum of both |
//! | how much is left? | [`PnCounter`](crate::PnCounter) | the sum of both, and it may be below zero |
//! | what is it now, for each key? | [`LwwMap<K, V>`](crate::LwwMap) | for each key as `Lww`; a removal is a write |
//! | any of these, for each key | [`Map<K, V>`](crate::Map) | for each key as its type; an update beside a removal stays |
//!
//! The examples below merge bare values, so that the rule is all there is to see. `north` and `south` are two writers;
//! south's clock says a later time. In a program a [`Replica`](crate::Replica) makes the pens and merges.
//!
//! # One value
//!
//! [`Lww`](crate::Lww) is right for most fields: a set point, a name, a schedule. The later write stands, and the price
//! is that a clock decides. A write that has seen another is later than it with any clock, so only writes that really
//! met are decided so.
//!
//! ```
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::{Lww, MvRegister};
//!
//! let (mut here, mut there) = (Lww::<u8>::new(), Lww::<u8>::new());
//! north.edit(&mut here, 0).set(20);
//! south.edit(&mut there, 0).set(25);
//! here.merge(&there)?;
//! assert_eq!(here.get(), Some(&25)); // 20 is in a list of conflicts, and nowhere else
//!
//! // The same with a register that keeps both: two readings of one gauge, two orders of one customer.
//! let (mut here, mut there) = (MvRegister::new(), MvRegister::new());
//! north.edit(&mut here, 0).set(20_u8);
//! south.edit(&mut there, 0).set(25_u8);
//! here.merge(&there)?;
//! assert!(here.is_conflict());
//! north.edit(&mut here, 0).set(22); // north has seen both, so this one stands alone
//! assert_eq!(here.values().map(|(.., value)| *value).collect::<Vec<_>>(), [22]);
//! # Ok::<(), gofarm_crdt::field::JoinError>(())
//! ```
//!
//! Where a rule is known, write it ([`Reconcile`](crate::register::Reconcile)). Prefer the side that floods nothing:
//! of two limits the lower, of two moisture thresholds the drier. The rule must depend on nothing but the values.
//!
//! Where none is, and it matters, let a person decide. Until then the farm goes on with what everybody knew:
//!
//! ```
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::register::{Asked, Person};
//!
//! let mut here = Asked::new();
//! north.edit(&mut here, 0).set(20_u8); // litres per minute, agreed
//! let mut there = here.clone();
//! north.edit(&mut here, 0).set(25);
//! south.edit(&mut there, 0).set(90);
//! here.merge(&there)?;
//! assert_eq!((here.is_held(), here.get()), (true, Some(&20)));
//!
//! north.edit(&mut here, 0).reject_all(Person::new(41))?; // it travels like any write, and may be reversed
//! assert_eq!((here.is_held(), here.get()), (false, Some(&20)));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Values that belong together
//!
//! Fields merge one by one. Two people who each write a rate *and* a duration may meet as the rate of one and the
//! duration of the other, which nobody wanted. Put them into one value:
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::{Lww, Value};
//!
//! #[derive(Clone, Debug, PartialEq, Value)]
//! struct Plan { litres_per_minute: u16, minutes: u16 }
//!
//! let (mut here, mut there) = (Lww::<Plan>::new(), Lww::<Plan>::new());
//! north.edit(&mut here, 0).set(Plan { litres_per_minute: 10, minutes: 60 });
//! south.edit(&mut there, 0).set(Plan { litres_per_minute: 60, minutes: 10 });
//! here.merge(&there)?;
//! assert_eq!(here.get(), Some(&Plan { litres_per_minute: 60, minutes: 10 })); // one of them, whole
//! # }
//! # Ok::<(), gofarm_crdt::field::JoinError>(())
//! ```
//!
//! The other way round holds too: what does not belong together is better apart, or a new name for a valve undoes
//! its new set point.
//!
//! # Who is in, who is out
//!
//! ```
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::{AddWinsSet, RemoveWinsSet};
//!
//! // Plots to be watered: north takes 7 off the list, south, not knowing, puts it there again.
//! let mut here = AddWinsSet::new();
//! north.edit(&mut here, 0).insert(7_u8);
//! let mut there = here.clone();
//! north.edit(&mut here, 0).remove(&7);
//! south.edit(&mut there, 0).insert(7);
//! here.merge(&there)?;
//! assert!(here.contains(&7));
//!
//! // Keys of the pump house: the same story, and the key stays out.
//! let mut here = RemoveWinsSet::new();
//! north.edit(&mut here, 0).insert(7_u8);
//! let mut there = here.clone();
//! north.edit(&mut here, 0).remove(7);
//! south.edit(&mut there, 0).insert(7);
//! here.merge(&there)?;
//! assert!(!here.contains(&7));
//! # Ok::<(), gofarm_crdt::field::JoinError>(())
//! ```
//!
//! What they cost differs. A removed element of an `AddWinsSet` is forgotten when all replicas know of the removal. A
//! `RemoveWinsSet` keeps each removal until the element is added again by someone who has seen it: do not use it for
//! numbers that come once and never again.
//!
//! # Switches
//!
//! The same choice for one bit, without a clock. An alarm that one raises and another clears at the same time stays; a
//! release that one gives and another withdraws goes. Nobody wrote it: off, in both.
//!
//! ```
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::{DisableWinsFlag, EnableWinsFlag};
//!
//! let (mut frost, mut there) = (EnableWinsFlag::new(), EnableWinsFlag::new());
//! north.edit(&mut frost, 0).enable();
//! south.edit(&mut there, 0).disable();
//! frost.merge(&there)?;
//! assert!(frost.is_enabled());
//!
//! let (mut released, mut there) = (DisableWinsFlag::new(), DisableWinsFlag::new());
//! north.edit(&mut released, 0).enable();
//! south.edit(&mut there, 0).disable();
//! released.merge(&there)?;
//! assert!(!released.is_enabled());
//! # Ok::<(), gofarm_crdt::field::JoinError>(())
//! ```
//!
//! # Sums
//!
//! Litres, pulses, starts of a pump: [`GCounter`](crate::GCounter), 56 bytes for each writer. An `Lww` of a
//! total loses whatever the other one counted. [`PnCounter`](crate::PnCounter) also subtracts, and cannot keep a sum
//! above zero: two sites that each draw the last litre of a tank have drawn two. What must not run out needs one
//! owner, or a share for each site.
//!
//! # By key
//!
//! [`LwwMap`](crate::LwwMap) if the value under a key is replaced as a whole. [`Map`](crate::Map) if it is a CRDT itself:
//!
//! ```
//! # use gofarm_crdt::Timestamp;
//! # use gofarm_crdt::dot::{Actor, ReplicaId};
//! # use gofarm_crdt::field::Pen;
//! # let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(8), &());
//! # let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(9), &());
//! use gofarm_crdt::merge::Merge;
//! use gofarm_crdt::{GCounter, Map};
//!
//! let mut here = Map::<u8, GCounter>::new(); // litres by plot
//! north.edit(&mut here, 0).edit(7, |litres| litres.add(100));
//! let mut there = here.clone();
//! north.edit(&mut here, 0).remove(&7); // plot 7 is given up; north saw 100 litres
//! south.edit(&mut there, 0).edit(7, |litres| litres.add(30));
//! here.merge(&there)?;
//! assert_eq!(here.get(&7).map(GCounter::value), Some(30)); // what north did not see stays, exactly
//! # Ok::<(), gofarm_crdt::field::JoinError>(())
//! ```
//!
//! One state for each device (`"valve-control/7"`) is mostly better than one map of all of them: it is registered,
//! [watched](crate::watch) and granted by its name, and a small device can hold its own alone ([`Board`](crate::Board)).
//!
//! # Without a heap
//!
//! Each collection has a form of fixed capacity, `GCounter<Fixed<4>>`, with `try_` methods that say [`Full`](crate::error::Full)
//! and change nothing ([`Fixed`](crate::capacity::Fixed)). Count generously: a writer is one *incarnation* of a replica,
//! and removed elements keep their room until all have seen the removal. [`Map`](crate::Map) needs a heap.
//!
//! # Changing your mind later
//!
//! - A new field may be added anywhere, fields may be reordered. A replica that does not know a field keeps and passes
//!   on its cells; a `Board` refuses them.
//! - To rename a field in the source, keep its name on the wire: `#[replicated(name = "open")]`.
//! - Another type, or a changed [`Value`](crate::Value) struct, is another field: give it a new name, write both for a
//!   time, and drop the old one when every replica is new. The old bytes are not read as the new type.
//! - In an enum, new variants go to the end, or carry a number; an older program cannot read them.
//!
//! # What no type does
//!
//! Keep something unique ("one valve open at a time": an interlock, at the pump), keep a sum within bounds, merge text
//! by letters, remember what was. And a field is no place for telemetry: each commit is a write to flash.
