//! Where the last good answers are kept: [`LastAnswers`].

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;
use std::hash::RandomState;
use std::sync::{Mutex, PoisonError};

use gofarm_core::time::Instant;

use crate::policy::{Cache, ConfigError, Stale, StaleTable};

/// The last good answer for each key of a request, in bounded memory; clones share it.
///
/// `key` says what an answer is an answer to. It returns nothing for requests that change something: their answers
/// are neither kept nor served again, because "the valve is open" from a minute ago is a lie.
///
/// It is one table behind one lock, held while an answer is cloned. An answer that is large should be an `Arc`.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::layer::LastAnswers;
///
/// enum Request { Read(u32), Open(u32) }
///
/// let cache = LastAnswers::new(1_000, |request: &Request| match request {
///     Request::Read(device) => Some(*device),
///     Request::Open(_) => None,
/// })?;
/// cache.keep(&7, 0.31, Instant::ZERO);
/// assert_eq!(cache.kept(&7, Instant::ZERO).map(|stale| stale.into_value()), Some(0.31));
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
pub struct LastAnswers<F, Key, Answer> {
    table: Arc<Mutex<StaleTable<Key, Answer, RandomState>>>,
    key: F,
}

impl<F, Key, Answer> LastAnswers<F, Key, Answer> {
    /// Room for the answers of this many keys, from 1; beyond it the one kept longest ago is forgotten.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no room for any.
    pub fn new(capacity: usize, key: F) -> Result<Self, ConfigError> {
        let table = Arc::new(Mutex::new(StaleTable::with_hasher(
            capacity,
            RandomState::new(),
        )?));
        Ok(Self { table, key })
    }

    /// What a request is kept under, if at all.
    pub(super) fn key_of<Request>(&self, request: &Request) -> Option<Key>
    where
        F: Fn(&Request) -> Option<Key>,
    {
        (self.key)(request)
    }
}

impl<F, Key: Hash + Eq + Clone, Answer: Clone> LastAnswers<F, Key, Answer> {
    /// Keeps an answer that came by another way: a report of the device itself.
    pub fn keep(&self, key: &Key, answer: Answer, now: Instant) {
        self.with(|table| table.keep(key, answer, now));
    }

    /// The answer kept for a key, however old.
    #[must_use]
    pub fn kept(&self, key: &Key, now: Instant) -> Option<Stale<Answer>> {
        self.with(|table| table.kept(key, now))
    }

    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&mut StaleTable<Key, Answer, RandomState>) -> T,
    ) -> T {
        // A panic of a key's `Hash` or an answer's `Clone` leaves a table that is whole.
        work(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Clone, Key, Answer> Clone for LastAnswers<F, Key, Answer> {
    fn clone(&self) -> Self {
        Self {
            table: Arc::clone(&self.table),
            key: self.key.clone(),
        }
    }
}

impl<F, Key, Answer> fmt::Debug for LastAnswers<F, Key, Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastAnswers").finish_non_exhaustive()
    }
}
