//! [`start_order`]: what to start first, from what was declared.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use gofarm_core::error::{Classify, Kind};

/// Services that wait for each other, in full: each needs the next, and the last needs the first.
///
/// See [`start_order`] for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CyclicDependency<K> {
    cycle: Vec<K>,
}

impl<K> CyclicDependency<K> {
    /// The services of the cycle, each once, the smallest first.
    #[must_use]
    pub fn cycle(&self) -> &[K] {
        &self.cycle
    }
}

impl<K: fmt::Display> fmt::Display for CyclicDependency<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cyclic dependency: ")?;
        for service in &self.cycle {
            write!(f, "{service} needs ")?;
        }
        match self.cycle.first() {
            Some(first) => write!(f, "{first}"),
            None => Ok(()),
        }
    }
}

impl<K: fmt::Display + fmt::Debug> core::error::Error for CyclicDependency<K> {}

impl<K> Classify for CyclicDependency<K> {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// The services of declared dependencies in waves: those of a wave need only those of earlier waves, and may start together.
///
/// A pair says that the first service needs the second. Repeated pairs count once; within a wave services are in their
/// own order, so the result depends on nothing else. Kahn's algorithm (1962), O(n log n) in the number of pairs.
///
/// # Errors
/// [`CyclicDependency`] with one cycle in full; a service that needs itself is one too.
///
/// ```
/// use gofarm_sched::dependency::start_order;
///
/// let waves = start_order([("irrigation", "gateway"), ("weather", "gateway"), ("irrigation", "weather")])?;
/// assert_eq!(waves, [vec!["gateway"], vec!["weather"], vec!["irrigation"]]);
///
/// let error = start_order([("a", "b"), ("b", "c"), ("c", "a")]).unwrap_err();
/// assert_eq!(error.to_string(), "cyclic dependency: a needs b needs c needs a");
/// # Ok::<(), gofarm_sched::dependency::CyclicDependency<&str>>(())
/// ```
pub fn start_order<K: Ord + Clone>(
    needs: impl IntoIterator<Item = (K, K)>,
) -> Result<Vec<Vec<K>>, CyclicDependency<K>> {
    let mut open: BTreeMap<K, BTreeSet<K>> = BTreeMap::new();
    let mut needed_by: BTreeMap<K, Vec<K>> = BTreeMap::new();
    for (service, needed) in needs {
        open.entry(needed.clone()).or_default();
        let unmet = open.entry(service.clone()).or_default();
        if unmet.insert(needed.clone()) {
            needed_by.entry(needed).or_default().push(service);
        }
    }
    let mut waves = Vec::new();
    let mut wave = take_ready(&mut open, None);
    while !wave.is_empty() {
        let mut touched = BTreeSet::new();
        for started in &wave {
            for service in needed_by.get(started).into_iter().flatten() {
                if let Some(unmet) = open.get_mut(service) {
                    unmet.remove(started);
                    touched.insert(service.clone());
                }
            }
        }
        waves.push(wave);
        wave = take_ready(&mut open, Some(touched));
    }
    if open.is_empty() {
        Ok(waves)
    } else {
        Err(CyclicDependency {
            cycle: find_cycle(&open),
        })
    }
}

/// Takes out the services, among these or all, that need nothing that is not started.
fn take_ready<K: Ord + Clone>(
    open: &mut BTreeMap<K, BTreeSet<K>>,
    among: Option<BTreeSet<K>>,
) -> Vec<K> {
    let candidates = among.unwrap_or_else(|| open.keys().cloned().collect());
    let is_ready = |service: &K| open.get(service).is_some_and(BTreeSet::is_empty);
    let ready: Vec<K> = candidates.into_iter().filter(is_ready).collect();
    for service in &ready {
        open.remove(service);
    }
    ready
}

/// A cycle among services of which each needs another of them: follow the first need until one comes again.
fn find_cycle<K: Ord + Clone>(open: &BTreeMap<K, BTreeSet<K>>) -> Vec<K> {
    let mut passed: Vec<K> = Vec::new();
    let mut seen: BTreeMap<K, usize> = BTreeMap::new();
    let mut next = open.keys().next();
    while let Some(service) = next {
        if let Some(start) = seen.get(service) {
            let mut cycle = passed.split_off(*start);
            let smallest = (0..cycle.len()).min_by(|a, b| cycle.get(*a).cmp(&cycle.get(*b)));
            cycle.rotate_left(smallest.unwrap_or(0));
            return cycle;
        }
        seen.insert(service.clone(), passed.len());
        passed.push(service.clone());
        let needs = open.get(service);
        next = needs.and_then(|needs| needs.iter().find(|need| open.contains_key(*need)));
    }
    passed
}
