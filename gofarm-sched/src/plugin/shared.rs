//! [`Shared`] and [`SharedMut`]: handles to data that changes while plugins read it.

/// A handle to data that someone else renews.
///
/// The plugins read for the length of one call, and call nothing else meanwhile. With `std` an `Arc<Mutex<T>>` is
/// one; a mutex that a writer poisoned is read as it is, because the maps of this crate are whole after each call.
///
/// ```
/// use gofarm_sched::plugin::Shared;
///
/// /// Data that never changes.
/// #[derive(Debug)]
/// struct Fixed(u32);
/// impl Shared<u32> for Fixed {
///     fn read<R>(&self, with: impl FnOnce(&u32) -> R) -> R {
///         with(&self.0)
///     }
/// }
/// assert_eq!(Fixed(7).read(|n| n + 1), 8);
/// ```
pub trait Shared<T>: core::fmt::Debug + Send + Sync {
    /// Calls a function with the data as it is now.
    fn read<R>(&self, with: impl FnOnce(&T) -> R) -> R;
}

/// A handle to data that a plugin changes too, as a [`Reserve`](crate::placement::Reserve) does.
///
/// Do not hold the data locked while calling the scheduler: its plugins wait for it.
pub trait SharedMut<T>: Shared<T> {
    /// Calls a function with the data, to change it.
    fn write<R>(&self, with: impl FnOnce(&mut T) -> R) -> R;
}

#[cfg(feature = "std")]
impl<T: core::fmt::Debug + Send> Shared<T> for alloc::sync::Arc<std::sync::Mutex<T>> {
    fn read<R>(&self, with: impl FnOnce(&T) -> R) -> R {
        with(
            &self
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }
}

#[cfg(feature = "std")]
impl<T: core::fmt::Debug + Send> SharedMut<T> for alloc::sync::Arc<std::sync::Mutex<T>> {
    fn write<R>(&self, with: impl FnOnce(&mut T) -> R) -> R {
        with(
            &mut self
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }
}
