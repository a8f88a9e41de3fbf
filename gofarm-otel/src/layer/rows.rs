//! The histograms of a layer, found without allocation: [`Rows`].
//!
//! A registry resolves a set of labels by hashing and comparing all of them, for each request anew. A layer knows
//! better: a route has one row, found by a hash of the route alone when the request comes; the row holds one bound
//! histogram for each way in which a request may end, of which there are few.
//!
//! The table is lock-free: rows are written once and never move. It is bounded, because whoever configures a layer
//! badly gives it a path where a template belongs: the requests above the bound share the last row.

use alloc::boxed::Box;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;

use super::ending::Ending;
use super::method::Method;

/// How many routes a layer tells apart.
pub(super) const MAX_ROWS: usize = 512;

/// Half of the table stays free, so that a search is short.
const SLOTS: usize = 2 * MAX_ROWS;

/// How many endings a row tells apart: the status codes that one route really answers.
const ENDINGS: usize = 12;

/// What tells one row from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) method: Method,
    /// The route of a server, the host that a client calls, the method of an RPC; empty for none.
    pub(super) text: &'a str,
    /// The port that a client calls.
    pub(super) port: Option<u16>,
}

impl Key<'_> {
    /// Eight bytes at a time, folded by a multiplication. Nobody is kept from finding collisions: they cost a
    /// search that is bounded by the table, and routes do not come from strangers.
    fn hash(&self) -> u64 {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut hash = (u64::from(self.port.unwrap_or(0)) << 8) | self.method as u64;
        let mut mix = |word: u64| {
            let wide = u128::from(hash ^ word) * u128::from(FACTOR);
            #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
            {
                hash = (wide >> 64) as u64 ^ wide as u64;
            }
        };
        let (words, rest) = self.text.as_bytes().as_chunks::<8>();
        words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
        let tail = rest.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte));
        mix(tail ^ (self.text.len() as u64) << 56);
        hash
    }
}

/// The row of a request; a copy of it finds the row again without a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Index(u16);

impl Index {
    const OVERFLOW: Self = Self(u16::MAX);
}

/// A bounded table of rows.
pub(super) struct Rows<H> {
    slots: Box<[OnceLock<Box<Row<H>>>]>,
    taken: AtomicUsize,
    overflow: Row<H>,
}

/// One route with its histograms.
pub(super) struct Row<H> {
    hash: u64,
    method: Method,
    text: Box<str>,
    port: Option<u16>,
    name: Box<str>,
    endings: [OnceLock<(Ending, H)>; ENDINGS],
    rest: OnceLock<H>,
}

impl<H> Rows<H> {
    /// A table whose last row has that name.
    pub(super) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            overflow: Row::new(0, &Key { method: Method::Other, text: "", port: None }, ""),
        }
    }

    /// The row of `key`, if it is there.
    pub(super) fn find(&self, key: &Key<'_>) -> Option<Index> {
        self.search(key, key.hash(), None::<fn() -> Box<str>>)
    }

    /// The row of `key`; a new one gets that name. The last row, if the table is full.
    pub(super) fn bind(&self, key: &Key<'_>, name: impl FnOnce() -> Box<str>) -> Index {
        self.search(key, key.hash(), Some(name)).unwrap_or(Index::OVERFLOW)
    }

    /// The row at `index`.
    pub(super) fn row(&self, index: Index) -> &Row<H> {
        self.slots
            .get(usize::from(index.0))
            .and_then(OnceLock::get)
            .map_or(&self.overflow, |row| row)
    }

    /// Whether that is the row of all that found no place.
    pub(super) fn is_overflow(index: Index) -> bool {
        index == Index::OVERFLOW
    }

    fn search(&self, key: &Key<'_>, hash: u64, name: Option<impl FnOnce() -> Box<str>>) -> Option<Index> {
        #[expect(clippy::cast_possible_truncation, reason = "taken modulo the size of the table")]
        let first = hash as usize % SLOTS;
        let mut name = name;
        for at in (first..SLOTS).chain(0..first) {
            let slot = self.slots.get(at)?;
            let row = match slot.get() {
                Some(row) => row,
                None => {
                    let name = name.take()?;
                    // Two threads may both take a place for one row; the bound is kept, one place is lost.
                    if self.taken.fetch_add(1, Ordering::Relaxed) >= MAX_ROWS {
                        self.taken.fetch_sub(1, Ordering::Relaxed);
                        return None;
                    }
                    slot.get_or_init(|| Box::new(Row::new(hash, key, &name())))
                }
            };
            if row.hash == hash && row.is(key) {
                return u16::try_from(at).ok().map(Index);
            }
        }
        None
    }
}

impl<H> Row<H> {
    fn new(hash: u64, key: &Key<'_>, name: &str) -> Self {
        Self {
            hash,
            method: key.method,
            text: key.text.into(),
            port: key.port,
            name: name.into(),
            endings: [const { OnceLock::new() }; ENDINGS],
            rest: OnceLock::new(),
        }
    }

    fn is(&self, key: &Key<'_>) -> bool {
        self.key() == *key
    }

    pub(super) fn key(&self) -> Key<'_> {
        Key { method: self.method, text: &self.text, port: self.port }
    }

    /// The name of its spans.
    pub(super) const fn name(&self) -> &str {
        &self.name
    }

    /// The histogram for requests that end so; `bind` makes it, from `None` if it is for all the endings for which
    /// there is no place.
    pub(super) fn histogram(&self, ending: Ending, bind: impl Fn(Option<Ending>) -> H) -> &H {
        for slot in &self.endings {
            let (bound, histogram) = slot.get_or_init(|| (ending, bind(Some(ending))));
            if *bound == ending {
                return histogram;
            }
        }
        self.rest.get_or_init(|| bind(None))
    }
}
