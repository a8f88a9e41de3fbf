//! What a service shares with its clones and lends to its calls: [`Share`].
//!
//! A future outlives the borrow of the service that made it, so each call holds a count of an `Arc`. If that were
//! one `Arc` for all clones of a service, threads with a clone each would write to the same cache line twice a call,
//! and wait for each other longer than most policies take. So a service that is called again and again takes a
//! copy for itself. One that is cloned for each call, as `oneshot` does, never does, and pays for none.

use alloc::sync::Arc;
use core::ops::Deref;

/// A value of a layer in one of its services.
pub(super) struct Share<T> {
    value: Arc<T>,
    calls: u8,
}

/// After how many calls a service takes a copy; more than a call is usually tried.
const OFTEN: u8 = 8;

impl<T> Share<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            value: Arc::new(value),
            calls: 0,
        }
    }
}

impl<T: Clone> Share<T> {
    /// For one more call.
    pub(super) fn lend(&mut self) -> &Arc<T> {
        if self.calls <= OFTEN {
            if self.calls == OFTEN {
                self.value = Arc::new(T::clone(&self.value));
            }
            self.calls += 1;
        }
        &self.value
    }
}

impl<T> Clone for Share<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            calls: 0,
        }
    }
}

impl<T> Deref for Share<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_that_are_called_again_and_again_share_no_count() {
        let mut first = Share::new(7);
        let mut second = first.clone();
        assert!(Arc::ptr_eq(first.lend(), second.lend()));
        for _ in 0..=OFTEN {
            first.lend();
            second.lend();
        }
        assert_eq!((*first, *second), (7, 7));
        assert!(!Arc::ptr_eq(first.lend(), second.lend()));
        // One copy each.
        let copy = Arc::clone(first.lend());
        assert!((0..300).all(|_| Arc::ptr_eq(first.lend(), &copy)));
    }

    #[test]
    fn a_service_that_is_cloned_for_each_call_is_not_copied() {
        let mut first = Share::new(7);
        let original = Arc::clone(first.lend());
        for _ in 0..300 {
            let mut clone = first.clone();
            assert!(Arc::ptr_eq(clone.lend(), &original));
            first = clone;
        }
    }
}
