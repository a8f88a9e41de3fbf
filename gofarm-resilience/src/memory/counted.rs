//! Memory that counts how often it is touched, for tests of cost.

use core::cell::Cell;

use super::{Memory, Word, sealed};

std::thread_local! {
    static TOUCHED: Cell<u64> = const { Cell::new(0) };
}

/// How often words were touched while `work` ran.
pub(crate) fn touched(work: impl FnOnce()) -> u64 {
    let before = TOUCHED.get();
    work();
    TOUCHED.get() - before
}

pub(crate) struct Counted;

impl sealed::Sealed for Counted {}

impl Memory for Counted {
    type Word = CountedWord;
}

#[derive(Debug)]
pub(crate) struct CountedWord(Cell<u64>);

impl CountedWord {
    fn touch(&self) -> &Cell<u64> {
        TOUCHED.set(TOUCHED.get() + 1);
        &self.0
    }
}

impl sealed::Sealed for CountedWord {}

impl Word for CountedWord {
    fn new(value: u64) -> Self {
        Self(Cell::new(value))
    }

    fn load(&self) -> u64 {
        Word::load(self.touch())
    }

    fn store(&self, value: u64) {
        Word::store(self.touch(), value);
    }

    fn swap(&self, value: u64) -> u64 {
        Word::swap(self.touch(), value)
    }

    fn add(&self, value: u64) -> u64 {
        Word::add(self.touch(), value)
    }

    fn update(&self, change: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64> {
        Word::update(self.touch(), change)
    }
}
