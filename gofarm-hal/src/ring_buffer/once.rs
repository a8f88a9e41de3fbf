//! [`Once`]: one of many is let through, with loads and stores alone.

#[cfg(not(loom))]
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

/// Lets at most one caller through, ever, on chips that cannot swap a word.
///
/// This is the splitter of Lamport's fast mutual exclusion (ACM TOCS 5(1), 1987): each writes its name, goes on if the
/// door was open, closes it, and passes if the name is still its own. Who comes alone passes; of several at the same
/// moment one passes or none.
#[derive(Debug)]
pub(super) struct Once {
    last: AtomicUsize,
    is_closed: AtomicBool,
}

impl Once {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self {
            last: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self {
            last: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Whether the caller is the one.
    pub(super) fn claim(&self) -> bool {
        // No two callers at work have a variable at the same address, so it is a name.
        let own = 0_u8;
        self.claim_as(core::ptr::from_ref(core::hint::black_box(&own)).addr())
    }

    fn claim_as(&self, name: usize) -> bool {
        self.last.store(name, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.is_closed.load(Ordering::SeqCst) {
            return false;
        }
        self.is_closed.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.last.load(Ordering::SeqCst) == name
    }
}
