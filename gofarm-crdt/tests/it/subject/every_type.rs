//! The writes and the reading of each type.

use alloc::collections::BTreeMap;
use core::fmt::Debug;

use gofarm_crdt::capacity::Capacity;
use gofarm_crdt::counter::{GCounter, PnCounter};
use gofarm_crdt::error::Malformed;
use gofarm_crdt::field::Edit;
use gofarm_crdt::flag::{DisableWinsFlag, EnableWinsFlag};
use gofarm_crdt::map::{LwwMap, Map, Nested};
use gofarm_crdt::register::{Asked, Lww, Merged, MvRegister, Person, Reconcile};
use gofarm_crdt::set::{AddWinsSet, LwwSet, RemoveWinsSet};
use gofarm_crdt::value::{Reader, Sink, Value};

use super::{Subject, Verb};

fn sorted<T: Ord + Debug>(items: impl Iterator<Item = T>) -> String {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items
        .iter()
        .map(|item| format!("{item:?}"))
        .collect::<Vec<_>>()
        .join(",")
}

fn unknown(verb: &str, args: &[u64]) -> ! {
    panic!("no such write: {verb} {args:?}")
}

impl<C: Capacity> Subject for Lww<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("set", 1), ("set", 1), ("clear", 0)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("set", [value]) => edit.set(*value),
            ("clear", []) => edit.clear(),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        sorted(self.get().into_iter())
    }
}

impl<C: Capacity> Subject for MvRegister<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("set", 1), ("set", 1), ("clear", 0)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let done = match (verb, args) {
            ("set", [value]) => edit.try_set(*value),
            ("clear", []) => edit.try_clear(),
            _ => unknown(verb, args),
        };
        done.expect("room for the writers");
    }

    fn read(&self) -> String {
        sorted(self.values().map(|(.., value)| value))
    }
}

/// A value of which the least counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Least(u64);

impl Reconcile for Least {
    fn reconcile(values: &[&Self]) -> Self {
        assert!(values.len() > 1, "one value needs no reconciling");
        Self(
            values
                .iter()
                .map(|value| value.0)
                .min()
                .expect("there are two"),
        )
    }
}

impl Value for Least {
    fn encode(&self, out: &mut dyn Sink) {
        self.0.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        u64::decode(input).map(Self)
    }
}

impl Subject for Merged<Least> {
    fn verbs() -> Vec<Verb> {
        vec![("set", 1), ("set", 1), ("clear", 0)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("set", [value]) => edit.set(Least(*value)),
            ("clear", []) => edit.clear(),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        sorted(self.get().map(|least| least.0).into_iter())
    }
}

impl<C: Capacity> Subject for Asked<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![
            ("set", 1),
            ("set", 1),
            ("approve", 1),
            ("reject", 0),
            ("reverse", 0),
        ]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let by = Person::new(7);
        match (verb, args) {
            ("set", [value]) => edit.try_set(*value).expect("room for the writers"),
            // The first held or rejected write of this value.
            ("approve", [value]) => {
                let held = edit.proposals().chain(edit.rejected());
                let found = held
                    .filter(|(.., other)| *other == Some(value))
                    .map(|(dot, ..)| dot);
                if let Some(dot) = found.min() {
                    edit.approve(dot, by).expect("it was found");
                }
            }
            ("reject", []) => assert_eq!(edit.is_held(), edit.reject_all(by).is_ok()),
            ("reverse", []) => assert_eq!(edit.decision().is_some(), edit.reverse(by).is_ok()),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        let agreed = sorted(self.get().into_iter());
        let held = sorted(
            self.proposals()
                .map(|(.., value)| value.copied().unwrap_or(0)),
        );
        if held.is_empty() {
            agreed
        } else {
            let agreed = if agreed.is_empty() {
                "nothing"
            } else {
                &agreed
            };
            format!("{agreed} held {held}")
        }
    }
}

impl<C: Capacity> Subject for EnableWinsFlag<C> {
    fn verbs() -> Vec<Verb> {
        vec![("enable", 0), ("disable", 0)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let done = match (verb, args) {
            ("enable", []) => edit.try_enable(),
            ("disable", []) => edit.try_disable(),
            _ => unknown(verb, args),
        };
        done.expect("room for the writers");
    }

    fn read(&self) -> String {
        self.is_enabled().to_string()
    }
}

impl<C: Capacity> Subject for DisableWinsFlag<C> {
    fn verbs() -> Vec<Verb> {
        vec![("enable", 0), ("disable", 0)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let done = match (verb, args) {
            ("enable", []) => edit.try_enable(),
            ("disable", []) => edit.try_disable(),
            _ => unknown(verb, args),
        };
        done.expect("room for the writers");
    }

    fn read(&self) -> String {
        self.is_enabled().to_string()
    }
}

impl<C: Capacity> Subject for GCounter<C> {
    fn verbs() -> Vec<Verb> {
        vec![("add", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("add", [n]) => edit.try_add(*n).expect("room for the writers"),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        self.value().to_string()
    }
}

impl<C: Capacity> Subject for PnCounter<C> {
    fn verbs() -> Vec<Verb> {
        vec![("add", 1), ("subtract", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let done = match (verb, args) {
            ("add", [n]) => edit.try_add(*n),
            ("subtract", [n]) => edit.try_subtract(*n),
            _ => unknown(verb, args),
        };
        done.expect("room for the writers");
    }

    fn read(&self) -> String {
        self.value().to_string()
    }
}

impl<C: Capacity> Subject for LwwSet<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("add", 1), ("add", 1), ("remove", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("add", [element]) => edit.try_insert(*element).expect("room for the elements"),
            ("remove", [element]) => assert_eq!(edit.contains(element), edit.remove(element)),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        assert_eq!(self.len(), self.iter().count());
        sorted(self.iter())
    }
}

impl<C: Capacity> Subject for AddWinsSet<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("add", 1), ("add", 1), ("remove", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("add", [element]) => edit.try_insert(*element).expect("room for the elements"),
            ("remove", [element]) => {
                assert_eq!(Ok(edit.contains(element)), edit.try_remove(element))
            }
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        assert_eq!(self.len(), self.iter().count());
        sorted(self.iter())
    }
}

impl<C: Capacity> Subject for RemoveWinsSet<u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("add", 1), ("add", 1), ("remove", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        let done = match (verb, args) {
            ("add", [element]) => edit.try_insert(*element),
            ("remove", [element]) => edit.try_remove(*element),
            _ => unknown(verb, args),
        };
        done.expect("room for the elements");
    }

    fn read(&self) -> String {
        assert_eq!(self.len(), self.iter().count());
        sorted(self.iter())
    }
}

impl<C: Capacity> Subject for LwwMap<u64, u64, C> {
    fn verbs() -> Vec<Verb> {
        vec![("put", 2), ("put", 2), ("drop", 1)]
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("put", [key, value]) => edit.try_insert(*key, *value).expect("room for the keys"),
            ("drop", [key]) => assert_eq!(edit.contains_key(key), edit.remove(key)),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        assert_eq!(self.len(), self.iter().count());
        sorted(self.iter().map(|(key, value)| (*key, *value))).replace(", ", ":")
    }
}

/// Writes to a value take its key first; `drop` with the key alone removes it.
impl<V: Subject + Nested> Subject for Map<u64, V> {
    fn verbs() -> Vec<Verb> {
        let inner = V::verbs().into_iter().map(|(verb, args)| (verb, args + 1));
        inner.chain([("drop", 1)]).collect()
    }

    fn act(edit: &mut Edit<'_, Self>, verb: &str, args: &[u64]) {
        match (verb, args) {
            ("drop", [key]) => assert_eq!(edit.contains_key(key), edit.remove(key)),
            (_, [key, inner @ ..]) => edit.edit(*key, |value| V::act(value, verb, inner)),
            _ => unknown(verb, args),
        }
    }

    fn read(&self) -> String {
        assert_eq!(self.len(), self.iter().count());
        let entries: BTreeMap<_, _> = self
            .iter()
            .map(|(key, value)| (key, value.read()))
            .collect();
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, value)| format!("{key}:{{{value}}}"))
            .collect();
        entries.join(" ")
    }
}
