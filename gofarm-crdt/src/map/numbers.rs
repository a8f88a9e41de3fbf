//! The numbers that a map of CRDTs gives to the cells of its values.
#![cfg(feature = "alloc")]

use alloc::vec::Vec;

use crate::capacity::{Few, List};

const NONE: u32 = u32::MAX;

/// Which cell of which entry a number stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    cells: Vec<Option<(u32, u32)>>,
    free: Vec<u32>,
}

impl Numbers {
    /// One more than the greatest number that was ever given.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.cells.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, number: u32) -> Option<(u32, u32)> {
        *self.cells.get(usize::try_from(number).ok()?)?
    }

    fn give(&mut self, entry: u32, inner: u32) -> u32 {
        let cell = Some((entry, inner));
        if let Some(number) = self.free.pop() {
            if let Some(slot) = usize::try_from(number)
                .ok()
                .and_then(|at| self.cells.get_mut(at))
            {
                *slot = cell;
            }
            return number;
        }
        self.cells.push(cell);
        u32::try_from(self.cells.len() - 1).unwrap_or(NONE)
    }

    pub(crate) fn take_back(&mut self, number: u32) {
        let slot = usize::try_from(number)
            .ok()
            .and_then(|at| self.cells.get_mut(at));
        if slot.and_then(Option::take).is_some() {
            self.free.push(number);
        }
    }
}

/// The map's numbers of the cells of one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inner {
    // By the value's own number; NONE for those it does not use.
    outer: Few<u32>,
}

impl Inner {
    /// The map's number of a value's cell.
    pub(crate) fn number(&self, inner: u32) -> Option<u32> {
        let at = usize::try_from(inner).ok()?;
        let number = *self.outer.as_slice().get(at)?;
        (number != NONE).then_some(number)
    }

    /// The map's number of a cell of the value of `entry`; a new one if it has none.
    pub(crate) fn number_or_new(&mut self, numbers: &mut Numbers, entry: u32, inner: u32) -> u32 {
        if let Some(number) = self.number(inner) {
            return number;
        }
        let number = numbers.give(entry, inner);
        let at = usize::try_from(inner).unwrap_or(usize::MAX);
        while self.outer.as_slice().len() <= at {
            let done = self.outer.push(NONE);
            debug_assert!(done.is_ok(), "a growing list has room");
        }
        if let Some(slot) = self.outer.as_mut_slice().get_mut(at) {
            *slot = number;
        }
        number
    }

    /// Forgets the number of a value's cell.
    pub(crate) fn forget(&mut self, inner: u32) {
        let slot = usize::try_from(inner)
            .ok()
            .and_then(|at| self.outer.as_mut_slice().get_mut(at));
        if let Some(slot) = slot {
            *slot = NONE;
        }
    }

    /// Whether any cell of the value has a number.
    pub(crate) fn is_used(&self) -> bool {
        self.outer.as_slice().iter().any(|number| *number != NONE)
    }
}
