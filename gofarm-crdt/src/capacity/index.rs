//! What finds an item of a list: by hash where there is a heap, by looking at each where there is none.

/// Finds the places of a list whose items have a hash.
pub trait Index: Default + Clone {
    /// The place below `end` that has this hash and of which `is` says that it is the one.
    fn find(
        &self,
        end: u32,
        hash: impl FnOnce() -> u64,
        is: impl FnMut(u32) -> bool,
    ) -> Option<u32>;

    /// Learns of a place; `hash` tells the hash of any place that it knows, and of this one.
    fn insert(&mut self, place: u32, hash: impl Fn(u32) -> u64);

    /// Forgets a place with this hash.
    fn remove(&mut self, place: u32, hash: impl FnOnce() -> u64);
}

/// Looks at every item: the fastest up to some tens of them, and takes no memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan;

impl Index for Scan {
    fn find(&self, end: u32, _: impl FnOnce() -> u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut is = is;
        (0..end).find(|place| is(*place))
    }

    fn insert(&mut self, _: u32, _: impl Fn(u32) -> u64) {}

    fn remove(&mut self, _: u32, _: impl FnOnce() -> u64) {}
}

#[cfg(feature = "alloc")]
impl Index for hashbrown::HashTable<u32> {
    fn find(&self, _: u32, hash: impl FnOnce() -> u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut is = is;
        Self::find(self, hash(), |place| is(*place)).copied()
    }

    fn insert(&mut self, place: u32, hash: impl Fn(u32) -> u64) {
        self.insert_unique(hash(place), place, |place| hash(*place));
    }

    fn remove(&mut self, place: u32, hash: impl FnOnce() -> u64) {
        if let Ok(found) = self.find_entry(hash(), |other| *other == place) {
            found.remove();
        }
    }
}
