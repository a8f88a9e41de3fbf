//! Recordings that were used and are used again.
//!
//! Each thread keeps some. A span that ends on another thread than it began on leaves its buffer there, so
//! the number is bounded and a thread that only begins spans allocates.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::sync::Mutex;

use super::limits::Limits;
use super::opening::Opening;
use super::recording::{self, Recording};

/// Recordings that a thread keeps.
const KEPT: usize = 16;

/// Bytes of buffer above which a recording is not kept.
const LARGEST: usize = 4 << 10;

std::thread_local! {
    static POOL: RefCell<Vec<Arc<Mutex<Recording>>>> = const { RefCell::new(Vec::new()) };
}

/// An open recording that nobody else knows.
pub(super) fn open(
    opening: &Opening,
    limits: &Limits,
    name: &str,
    trace_state: &str,
) -> Arc<Mutex<Recording>> {
    let kept = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop());
    match kept {
        Ok(Some(recording)) => {
            recording::lock(&recording).open(opening, limits, name, trace_state);
            recording
        }
        _ => {
            let mut recording = Recording::new(*opening);
            recording.open(opening, limits, name, trace_state);
            Arc::new(Mutex::new(recording))
        }
    }
}

/// Takes a recording that has ended back, if the caller was the last who knew it.
pub(super) fn close(recording: Arc<Mutex<Recording>>) {
    // There are no weak references: nobody can come to know it again.
    if Arc::strong_count(&recording) != 1 || recording::lock(&recording).capacity() > LARGEST {
        return;
    }
    let mut recording = Some(recording);
    // While a thread ends the pool is gone, and the recording goes as well.
    let _ = POOL.try_with(|pool| {
        if let Ok(mut pool) = pool.try_borrow_mut()
            && pool.len() < KEPT
        {
            pool.extend(recording.take());
        }
    });
}
