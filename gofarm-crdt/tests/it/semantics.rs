//! What concurrent writes mean, as tables: `tests/data/semantics/*.txt`, explained in `README.txt` there.

use alloc::collections::BTreeMap;

use gofarm_crdt::counter::{GCounter, PnCounter};
use gofarm_crdt::flag::{DisableWinsFlag, EnableWinsFlag};
use gofarm_crdt::map::{LwwMap, Map};
use gofarm_crdt::register::{Asked, Lww, Merged, MvRegister};
use gofarm_crdt::set::{AddWinsSet, LwwSet, RemoveWinsSet};

use crate::subject::{Least, Subject, write};

const REPLICAS: [&str; 4] = ["a", "b", "c", "d"];

struct Table<S> {
    states: BTreeMap<String, S>,
    last: [u64; REPLICAS.len()],
    now: u64,
}

impl<S: Subject> Table<S> {
    fn step(&mut self, step: &str) {
        self.now += 1;
        let words: Vec<_> = step.split_whitespace().collect();
        match words[..] {
            ["sync"] => self.sync(),
            [from, ">", to] => {
                let theirs = self.states[from].clone();
                let ours = self.states.entry(to.into()).or_default();
                ours.merge(&theirs).expect("there is room");
            }
            [from, "as", name] => {
                self.states.insert(name.into(), self.states[from].clone());
            }
            [who, "reads", ..] => {
                let expected = words[2..].join(" ");
                assert_eq!(self.states[who].read(), text(&expected), "{step}");
            }
            [who, verb, ref args @ ..] => {
                let at = args.iter().find_map(|arg| arg.strip_prefix('@'));
                let stamp = at.map_or(self.now, |at| at.parse().expect("a time"));
                let args: Vec<u64> = args
                    .iter()
                    .filter(|arg| !arg.starts_with('@'))
                    .map(|arg| arg.parse().expect("a number"))
                    .collect();
                let me = REPLICAS
                    .iter()
                    .position(|name| *name == who)
                    .expect("a to d");
                let state = self.states.get_mut(who).expect("it exists");
                self.last[me] = write(state, (me as u64, self.last[me], stamp), verb, &args);
            }
            _ => panic!("no such step: {step}"),
        }
    }

    fn sync(&mut self) {
        let mut all = S::default();
        for name in REPLICAS {
            all.merge(&self.states[name]).expect("there is room");
        }
        for name in REPLICAS {
            let ours = self.states.get_mut(name).expect("it exists");
            ours.merge(&all).expect("there is room");
        }
    }
}

/// Nothing is written as a dash.
fn text(expected: &str) -> &str {
    if expected == "-" { "" } else { expected }
}

fn row<S: Subject>(name: &str, steps: &str, expected: &str) {
    let mut table = Table::<S> {
        states: REPLICAS.map(|name| (name.to_owned(), S::default())).into(),
        last: [0; REPLICAS.len()],
        now: 0,
    };
    for step in steps.split(';') {
        table.step(step.trim());
    }
    table.sync();
    for who in REPLICAS {
        assert_eq!(
            table.states[who].read(),
            text(expected),
            "{name}: read by {who}"
        );
    }
}

fn table(text: &str) {
    let mut rows = 0;
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let [name, of, steps, expected] = columns[..] else {
            panic!("four columns: {line}");
        };
        let row = match of {
            "lww" => row::<Lww<u64>>,
            "mv-register" => row::<MvRegister<u64>>,
            "merged" => row::<Merged<Least>>,
            "asked" => row::<Asked<u64>>,
            "enable-wins-flag" => row::<EnableWinsFlag>,
            "disable-wins-flag" => row::<DisableWinsFlag>,
            "g-counter" => row::<GCounter>,
            "pn-counter" => row::<PnCounter>,
            "lww-set" => row::<LwwSet<u64>>,
            "add-wins-set" => row::<AddWinsSet<u64>>,
            "remove-wins-set" => row::<RemoveWinsSet<u64>>,
            "lww-map" => row::<LwwMap<u64, u64>>,
            "map of lww" => row::<Map<u64, Lww<u64>>>,
            "map of mv-register" => row::<Map<u64, MvRegister<u64>>>,
            "map of add-wins-set" => row::<Map<u64, AddWinsSet<u64>>>,
            "map of remove-wins-set" => row::<Map<u64, RemoveWinsSet<u64>>>,
            "map of pn-counter" => row::<Map<u64, PnCounter>>,
            "map of map of mv-register" => row::<Map<u64, Map<u64, MvRegister<u64>>>>,
            _ => panic!("no such type: {of}"),
        };
        row(name, steps, expected);
        rows += 1;
    }
    assert!(rows > 4, "the table was read");
}

#[test]
fn registers() {
    table(include_str!("../data/semantics/registers.txt"));
}

#[test]
fn asking() {
    table(include_str!("../data/semantics/asked.txt"));
}

#[test]
fn sets_and_flags() {
    table(include_str!("../data/semantics/sets.txt"));
}

#[test]
fn counters() {
    table(include_str!("../data/semantics/counters.txt"));
}

#[test]
fn maps() {
    table(include_str!("../data/semantics/maps.txt"));
}
