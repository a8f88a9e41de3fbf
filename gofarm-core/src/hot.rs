//! [`Hot`]: a checked value that is replaced while readers go on reading.
//!
//! A service that must be restarted to take a new configuration loses its link, its caches and, for a moment, its
//! farm. A value behind a lock makes every reader wait for the writer. Here a reader takes a snapshot without
//! waiting, a writer replaces the whole value at once, and a new value that breaks its rule is refused while the
//! old one stays in force.
//!
//! The rule is given once, when the `Hot` is made, so no path can store an unchecked value; for a type with a
//! contract it is the contract ([`Hot::contracted`]).
//!
//! It does not read files, watch anything or merge layers: what a new value is made of is the caller's business.
//!
//! ```
//! use gofarm_core::hot::{Hot, Revision};
//!
//! let limit = Hot::new(10_u32, |&n| if n > 0 { Ok(()) } else { Err("a limit of 0 stops the farm") })?;
//! assert_eq!(limit.replace(20), Ok(Revision::FIRST.next()));
//! assert_eq!(limit.replace(0), Err("a limit of 0 stops the farm"));
//! assert_eq!(*limit.load(), 20);
//! # Ok::<(), &str>(())
//! ```

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;
use std::sync::{Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::contract::{Validate, Violation};

/// Counts the accepted values of one [`Hot`], from 1.
///
/// ```
/// use gofarm_core::hot::Revision;
///
/// assert_eq!(Revision::FIRST.next().get(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Revision(u64);

impl Revision {
    /// The value that a `Hot` was made with.
    pub const FIRST: Self = Self(1);

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

type Check<T, E> = dyn Fn(&T) -> Result<(), E> + Send + Sync;

/// A checked value that can be replaced at run time; share it in an `Arc`.
///
/// Reading is lock-free and takes some 20 ns; replacing takes a lock against other writers only.
///
/// ```
/// use std::sync::Arc;
/// use gofarm_core::Device;
/// use gofarm_core::hot::Hot;
///
/// #[derive(Device, Clone)]
/// #[device(model = "acme-gateway", version = 1)]
/// struct Settings {
///     #[prop(config, range = 10..=3600, unit = "s", default = 300)]
///     sample_every: u16,
/// }
///
/// let settings = Arc::new(Hot::contracted(Settings { sample_every: 300 })?);
/// let refused = settings.replace(Settings { sample_every: 5 }).unwrap_err();
/// assert_eq!(refused.to_string(), "sample_every: 5 is outside 10..=3600 s");
/// assert_eq!(settings.load().sample_every, 300);
/// # Ok::<(), gofarm_core::Violation>(())
/// ```
pub struct Hot<T, E> {
    current: ArcSwap<Versioned<T>>,
    check: Box<Check<T, E>>,
    /// Held while a new value is checked and stored, so that revisions count what readers see.
    writing: Mutex<()>,
}

impl<T, E> Hot<T, E> {
    /// Creates a cell with `value` and the rule that this and every later value has to pass.
    ///
    /// # Errors
    /// What `check` says of `value`.
    pub fn new(
        value: T,
        check: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<Self, E> {
        check(&value)?;
        Ok(Self {
            current: ArcSwap::from_pointee(Versioned {
                value,
                revision: Revision::FIRST,
            }),
            check: Box::new(check),
            writing: Mutex::new(()),
        })
    }

    /// The value now in force, as a snapshot that does not change while it is held.
    #[must_use]
    pub fn load(&self) -> Snapshot<T> {
        Snapshot(self.current.load())
    }

    /// Checks `value` and puts it in force for every later [`Hot::load`].
    ///
    /// # Errors
    /// What the check says; the old value stays in force.
    pub fn replace(&self, value: T) -> Result<Revision, E> {
        self.update(|_| value)
    }

    /// Makes a new value from the one in force, checks it and puts it in force; no other writer comes between.
    ///
    /// # Errors
    /// What the check says; the old value stays in force.
    pub fn update(&self, change: impl FnOnce(&T) -> T) -> Result<Revision, E> {
        // A panic in another writer's `change` or check left the old value whole: go on.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.current.load();
        let value = change(&old.value);
        (self.check)(&value)?;
        let revision = old.revision.next();
        self.current.store(Arc::new(Versioned { value, revision }));
        Ok(revision)
    }
}

impl<T: Validate + 'static> Hot<T, Violation> {
    /// Creates a cell whose rule is the contract of `T`.
    ///
    /// # Errors
    /// The first violation in `value`.
    pub fn contracted(value: T) -> Result<Self, Violation> {
        Self::new(value, T::validate)
    }
}

impl<T: fmt::Debug, E> fmt::Debug for Hot<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.load();
        f.debug_struct("Hot")
            .field("revision", &snapshot.revision())
            .field("value", &*snapshot)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Versioned<T> {
    value: T,
    revision: Revision,
}

/// One accepted value, unchanged for as long as it is held.
///
/// ```
/// use gofarm_core::hot::Hot;
///
/// let limit = Hot::contracted(1.5_f32)?;
/// let before = limit.load();
/// limit.replace(2.5)?;
/// assert_eq!((*before, *limit.load()), (1.5, 2.5));
/// assert!(before.revision() < limit.load().revision());
/// # Ok::<(), gofarm_core::Violation>(())
/// ```
#[derive(Debug)]
pub struct Snapshot<T>(Guard<Arc<Versioned<T>>>);

impl<T> Snapshot<T> {
    /// Which accepted value this is.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_value_leaves_the_old_one_in_force() {
        let hot = Hot::contracted(1.5_f32).unwrap();
        let before = hot.load();
        assert!(hot.replace(f32::NAN).is_err());
        assert_eq!(hot.load().revision(), before.revision());
        assert_eq!(*hot.load(), 1.5);
        assert!(Hot::contracted(f32::INFINITY).is_err());
    }

    #[test]
    fn a_snapshot_outlives_its_replacement() {
        let hot = Hot::contracted(1_u8).unwrap();
        let old = hot.load();
        let revision = hot.replace(2).unwrap();
        assert_eq!((*old, *hot.load()), (1, 2));
        assert_eq!((revision.get(), hot.load().revision()), (2, revision));
    }

    #[test]
    fn no_update_is_lost_between_writers() {
        // Few where each instruction is interpreted.
        const EACH: u64 = if cfg!(miri) { 5 } else { 500 };
        let hot = Hot::contracted(0_u64).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        let seen = hot.load();
                        assert_eq!(*seen + 1, seen.revision().get());
                        hot.update(|n| n + 1).unwrap();
                    }
                });
            }
        });
        assert_eq!(*hot.load(), 4 * EACH);
        assert_eq!(hot.load().revision().get(), 4 * EACH + 1);
    }

    #[test]
    fn a_panic_while_writing_stops_nobody_else() {
        let hot = Hot::contracted(1_u8).unwrap();
        let thread = std::thread::scope(|scope| {
            scope
                .spawn(|| hot.update(|_| panic!("broken source")))
                .join()
        });
        assert!(thread.is_err());
        assert_eq!(hot.replace(3), Ok(Revision::FIRST.next()));
    }
}
