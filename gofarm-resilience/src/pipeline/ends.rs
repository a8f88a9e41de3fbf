//! Where items go in and come out: [`Inlet`] and [`Outlet`].

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use gofarm_core::error::{Classify, Kind};
use tokio::sync::mpsc;

use super::lane::{Branches, Item, Refused};

/// Where items enter a line; clones enter at the same place.
///
/// It takes items from the start of the line until its shutdown.
pub struct Inlet<T> {
    pub(super) shared: Arc<InletState<T>>,
}

pub(super) struct InletState<T> {
    pub(super) branches: Mutex<Option<Arc<Branches<T>>>>,
    accepted: AtomicU64,
}

impl<T> InletState<T> {
    pub(super) const fn new() -> Self {
        Self {
            branches: Mutex::new(None),
            accepted: AtomicU64::new(0),
        }
    }

    pub(super) fn open(&self, branches: Branches<T>) {
        *self.branches.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(branches));
    }

    pub(super) fn close(&self) {
        *self.branches.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn branches(&self) -> Option<Arc<Branches<T>>> {
        self.branches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn number(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::Relaxed)
    }
}

impl<T: Send> Inlet<T> {
    /// Waits until the line has room and gives it the item; returns the item's number, counted from 0.
    ///
    /// A call that is dropped while it waits has not given the item to the line; the item is dropped with it. A caller
    /// that must keep it uses [`try_send`](Self::try_send).
    ///
    /// # Errors
    /// [`NotAccepted`], with the item, if the line was not started or is shutting down.
    pub async fn send(&self, item: T) -> Result<u64, NotAccepted<T>> {
        let Some(branches) = self.shared.branches() else {
            return Err(NotAccepted { item });
        };
        let number = || self.shared.number();
        branches
            .accept(item, number)
            .await
            .map_err(|item| NotAccepted { item })
    }

    /// Gives the line an item if it has room now; returns the item's number.
    ///
    /// # Errors
    /// [`TryNotAccepted`], with the item.
    pub fn try_send(&self, item: T) -> Result<u64, TryNotAccepted<T>> {
        let Some(branches) = self.shared.branches() else {
            return Err(TryNotAccepted::Stopped { item });
        };
        branches.try_accept(item, || self.shared.number()).map_err(
            |(item, refused)| match refused {
                Refused::Full => TryNotAccepted::Full { item },
                Refused::Closed => TryNotAccepted::Stopped { item },
            },
        )
    }

    /// How many items it has accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }
}

impl<T> Clone for Inlet<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> fmt::Debug for Inlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("accepted", &self.shared.accepted)
            .finish_non_exhaustive()
    }
}

/// Where items leave a line. While nobody takes them the line waits, up to its source.
///
/// One that is dropped lets the line go on: the items for it are reported as
/// [unclaimed](super::FailureReason::Unclaimed).
#[derive(Debug)]
#[must_use = "the line waits for someone to take its items"]
pub struct Outlet<T> {
    pub(super) items: mpsc::Receiver<Item<T>>,
}

impl<T> Outlet<T> {
    /// The next item; `None` when the line has ended and everything has been taken.
    ///
    /// A call that is dropped while it waits has taken nothing.
    pub async fn recv(&mut self) -> Option<T> {
        self.items.recv().await.map(|item| item.value)
    }

    /// The next item with the number that its inlet gave it; otherwise as [`recv`](Self::recv).
    pub async fn recv_numbered(&mut self) -> Option<(u64, T)> {
        self.items
            .recv()
            .await
            .map(|item| (item.number, item.value))
    }
}

/// An item that the line did not take: it was not started, or is shutting down.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the line is not running")]
pub struct NotAccepted<T> {
    item: T,
}

impl<T> NotAccepted<T> {
    /// The item, given back.
    pub fn into_item(self) -> T {
        self.item
    }
}

impl<T> fmt::Debug for NotAccepted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotAccepted").finish_non_exhaustive()
    }
}

impl<T> Classify for NotAccepted<T> {
    fn kind(&self) -> Kind {
        Kind::Cancelled
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// An item that the line did not take at once.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TryNotAccepted<T> {
    /// The first stage has no room for it.
    #[error("the line is full")]
    Full {
        /// The item, given back.
        item: T,
    },
    /// The line was not started, or is shutting down.
    #[error("the line is not running")]
    Stopped {
        /// The item, given back.
        item: T,
    },
}

impl<T> TryNotAccepted<T> {
    /// The item, given back.
    pub fn into_item(self) -> T {
        match self {
            Self::Full { item } | Self::Stopped { item } => item,
        }
    }
}

impl<T> fmt::Debug for TryNotAccepted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full { .. } => "Full",
            Self::Stopped { .. } => "Stopped",
        })
    }
}

impl<T> Classify for TryNotAccepted<T> {
    fn kind(&self) -> Kind {
        match self {
            Self::Full { .. } => Kind::Overloaded,
            Self::Stopped { .. } => Kind::Cancelled,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}
