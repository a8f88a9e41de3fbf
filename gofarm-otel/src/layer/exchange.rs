//! One request from its head to its end: [`Exchange`].
//!
//! What is known of a request under way is some 600 bytes, most of which most requests leave as they are. As a part of the
//! future they would be moved whenever that is, and to move what was written a moment ago takes longer than to
//! write it. So each request has a place on the heap, which does not move and is used again by the next one.

mod underway;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;

use http::Request;

use super::ending::Ending;
use super::scope::Entered;
use super::terms::Terms;
use underway::Underway;

/// How many places that nobody needs a thread keeps: by so many may the requests under way become more and fewer without
/// an allocation.
const KEPT: usize = 128;

/// It is the place that is handed on, not what is in it.
type Place = Box<Underway>;

std::thread_local! {
    static FREE: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// A request under way; dropped before its end, it counts as cancelled.
#[derive(Default)]
pub(super) struct Exchange(Option<(Arc<Terms>, Place)>);

impl Exchange {
    /// A request begins.
    #[inline]
    pub(super) fn begin<B>(terms: Arc<Terms>, request: &mut Request<B>) -> Self {
        let mut underway = take();
        underway.begin(&terms, request);
        Self(Some((terms, underway)))
    }

    /// The rest of it; here it counts as ended.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Whether it is a call of gRPC.
    pub(super) fn is_grpc(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|(terms, _)| terms.role.is_grpc())
    }

    /// Whether nobody reads the body of an answer with that status (RFC 9110, section 6.4.1).
    pub(super) fn is_bodiless(&self, status: u16) -> bool {
        let is_head = self
            .0
            .as_ref()
            .is_some_and(|(_, request)| request.is_head());
        is_head || matches!(status, 204 | 304)
    }

    /// Makes the thread work for this request until the answer is dropped; a client works for whom it works already.
    #[inline]
    pub(super) fn enter(&mut self) -> Option<Entered<'_>> {
        match &mut self.0 {
            Some((terms, underway)) if terms.role.is_server() => Some(underway.enter()),
            _ => None,
        }
    }

    /// The request has ended, unless it has before.
    pub(super) fn ended(&mut self, ending: Ending) {
        if let Some((terms, mut underway)) = self.0.take() {
            underway.end(&terms, ending);
            leave(underway);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.ended(Ending::Cancelled);
    }
}

/// A place for a request.
fn take() -> Place {
    let free = FREE.try_with(|free| free.borrow_mut().pop());
    free.ok()
        .flatten()
        .unwrap_or_else(|| Box::new(Underway::new()))
}

/// Leaves the place of a request that has ended to the next one on this thread.
fn leave(mut place: Place) {
    place.forget();
    // While a thread ends there is no next one.
    let _ = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        if free.len() < KEPT {
            free.push(place);
        }
    });
}
