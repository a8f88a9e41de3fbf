//! The requests that a server works on at the moment: [`Active`].
//!
//! Who counts them up and down by their labels resolves these twice for each request. They are the method and the
//! scheme, and a layer has one scheme: so it holds one series for each method, and a request costs two relaxed atomic
//! additions, whether it is sampled or not.

use std::sync::OnceLock;

use super::labels::Labels;
use super::method::Method;
use super::role::HTTP_ACTIVE;
use crate::instrument::{Registry, UpDownCounter};
use crate::semantic::http;

/// One series for each method, bound when its first request comes.
#[derive(Default)]
pub(super) struct Active([OnceLock<UpDownCounter>; Method::COUNT]);

impl Active {
    /// A request with that method begins.
    #[inline]
    pub(super) fn begun(&self, method: Method, scheme: &str, registry: &Registry) {
        let Some(series) = self.0.get(method as usize) else {
            return;
        };
        series.get_or_init(|| bind(method, scheme, registry)).add(1);
    }

    /// One that began has ended, however it did.
    #[inline]
    pub(super) fn ended(&self, method: Method) {
        if let Some(series) = self.0.get(method as usize).and_then(OnceLock::get) {
            series.add(-1);
        }
    }
}

#[cold]
fn bind(method: Method, scheme: &str, registry: &Registry) -> UpDownCounter {
    let mut labels = Labels::new();
    labels.text(http::REQUEST_METHOD, method.as_str());
    labels.text(http::URL_SCHEME, scheme);
    registry.up_down_counter(&HTTP_ACTIVE, labels.as_slice())
}
