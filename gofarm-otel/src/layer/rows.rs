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
    /// The template of the route, the method of an RPC; empty for none.
    pub(super) route: &'a str,
    /// The host that a client calls.
    pub(super) host: &'a str,
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
        for text in [self.route, self.host] {
            let bytes = text.as_bytes();
            let (words, rest) = bytes.as_chunks::<8>();
            words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
            // The last word may overlap the one before.
            let tail = match bytes.last_chunk::<8>() {
                Some(word) => u64::from_le_bytes(*word),
                None => rest
                    .iter()
                    .fold(0, |tail, byte| tail << 8 | u64::from(*byte)),
            };
            mix(tail ^ (text.len() as u64) << 56);
        }
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
    route: Box<str>,
    host: Box<str>,
    port: Option<u16>,
    name: Box<str>,
    endings: [OnceLock<(Ending, H)>; ENDINGS],
    rest: OnceLock<H>,
}

impl<H> Rows<H> {
    /// An empty table; the spans of the requests that find no place have that name.
    pub(super) fn new(overflow_name: &str) -> Self {
        Self {
            slots: (0..SLOTS).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            overflow: Row::new(
                0,
                &Key {
                    method: Method::Other,
                    route: "",
                    host: "",
                    port: None,
                },
                overflow_name.into(),
            ),
        }
    }

    /// The row of `key`, if it is there.
    pub(super) fn find(&self, key: &Key<'_>) -> Option<Index> {
        self.search(key, None)
    }

    /// The row of `key`; a new one gets that name. The last row, if the table is full.
    pub(super) fn bind(&self, key: &Key<'_>, name: impl Fn() -> Box<str>) -> Index {
        self.search(key, Some(&name)).unwrap_or(Index::OVERFLOW)
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

    fn search(&self, key: &Key<'_>, name: Option<&dyn Fn() -> Box<str>>) -> Option<Index> {
        let hash = key.hash();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "taken modulo the size of the table"
        )]
        let first = hash as usize % SLOTS;
        for step in 0..SLOTS {
            let at = (first + step) % SLOTS;
            let slot = self.slots.get(at)?;
            let row = match slot.get() {
                Some(row) => row,
                None => self.fill(slot, hash, key, name?)?,
            };
            if row.hash == hash && row.is(key) {
                return u16::try_from(at).ok().map(Index);
            }
        }
        None
    }

    /// A row in that place: a new one, or that of a thread that was faster. `None` if the table is full.
    fn fill<'a>(
        &self,
        slot: &'a OnceLock<Box<Row<H>>>,
        hash: u64,
        key: &Key<'_>,
        name: &dyn Fn() -> Box<str>,
    ) -> Option<&'a Row<H>> {
        if self.taken.fetch_add(1, Ordering::Relaxed) >= MAX_ROWS {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let mut is_new = false;
        let row = slot.get_or_init(|| {
            is_new = true;
            Box::new(Row::new(hash, key, name()))
        });
        if !is_new {
            self.taken.fetch_sub(1, Ordering::Relaxed);
        }
        Some(row)
    }
}

impl<H> Row<H> {
    fn new(hash: u64, key: &Key<'_>, name: Box<str>) -> Self {
        Self {
            hash,
            method: key.method,
            route: key.route.into(),
            host: key.host.into(),
            port: key.port,
            name,
            endings: [const { OnceLock::new() }; ENDINGS],
            rest: OnceLock::new(),
        }
    }

    fn is(&self, key: &Key<'_>) -> bool {
        self.method == key.method
            && self.port == key.port
            && same(&self.route, key.route)
            && same(&self.host, key.host)
    }

    pub(super) fn key(&self) -> Key<'_> {
        Key {
            method: self.method,
            route: &self.route,
            host: &self.host,
            port: self.port,
        }
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

/// Whether two texts are equal. Where both are empty nothing is read: the pointer of an empty text leads nowhere, and a
/// vectorised comparison that is masked to no byte of such a page takes as long as the rest of the search together.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;

    const fn get(text: &str) -> Key<'_> {
        Key {
            method: Method::Get,
            route: text,
            host: "",
            port: None,
        }
    }

    #[test]
    fn a_key_finds_its_own_row_and_no_other() {
        let rows: Rows<()> = Rows::new("");
        let texts: [String; 100] = core::array::from_fn(|i| "x".repeat(i));
        let bound = texts
            .each_ref()
            .map(|text| rows.bind(&get(text), || text.as_str().into()));
        for (text, index) in texts.iter().zip(bound) {
            assert_eq!(rows.find(&get(text)), Some(index));
            assert_eq!(
                (rows.row(index).key(), rows.row(index).name()),
                (get(text), text.as_str())
            );
            let post = Key {
                method: Method::Post,
                ..get(text)
            };
            let ported = Key {
                port: Some(80),
                ..get(text)
            };
            assert_eq!((rows.find(&post), rows.find(&ported)), (None, None));
        }
    }

    #[test]
    fn a_full_table_gives_its_last_row_and_still_finds_the_others() {
        let rows: Rows<()> = Rows::new("HTTP");
        for i in 0..MAX_ROWS {
            let text = i.to_string();
            assert!(!Rows::<()>::is_overflow(
                rows.bind(&get(&text), || text.as_str().into())
            ));
        }
        let late = rows.bind(&get("late"), || "late".into());
        assert!(Rows::<()>::is_overflow(late));
        assert_eq!(
            (rows.row(late).name(), rows.find(&get("late"))),
            ("HTTP", None)
        );
        assert!(rows.find(&get("7")).is_some());
    }

    #[test]
    fn threads_that_meet_a_route_at_once_share_its_row() {
        let rows: Rows<()> = Rows::new("");
        let indices: [Vec<Index>; 2] = std::thread::scope(|scope| {
            let bind = || {
                (0..200)
                    .map(|i| {
                        let text = format!("/{i}");
                        rows.bind(&get(&text), || text.as_str().into())
                    })
                    .collect()
            };
            [scope.spawn(bind), scope.spawn(bind)].map(|thread| thread.join().unwrap())
        });
        assert_eq!(indices[0], indices[1]);
        assert_eq!(rows.taken.load(Ordering::Relaxed), 200);
    }

    #[test]
    fn endings_are_bound_once_and_the_rest_together() {
        let rows = Rows::new("");
        let row = rows.row(rows.bind(&get("/"), || "/".into()));
        let bind = |ending: Option<Ending>| ending;
        for status in 0..u16::try_from(ENDINGS).unwrap() {
            let ending = Ending::Answered(status);
            assert_eq!(*row.histogram(ending, bind), Some(ending));
        }
        assert_eq!(*row.histogram(Ending::Cancelled, bind), None);
        assert_eq!(
            *row.histogram(Ending::Answered(0), |_| None),
            Some(Ending::Answered(0))
        );
    }
}
