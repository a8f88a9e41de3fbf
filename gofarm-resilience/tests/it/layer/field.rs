//! What the tests of Layers call: a mock whose errors say what kind they are.

use alloc::sync::Arc;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Clock, Instant, ManualClock};
use tower::util::MapErr;
use tower_test::mock::{self, Handle, Mock};

pub(crate) type Request = http::Request<u16>;
pub(crate) type Field =
    MapErr<Mock<Request, u16>, fn(Box<dyn core::error::Error + Send + Sync>) -> Lost>;

/// The device did not answer. The mock's errors come as text; `retry 250` asks for 250 ms.
#[derive(Debug, PartialEq)]
pub(crate) struct Lost(pub(crate) String);

impl core::fmt::Display for Lost {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Lost {}

impl Classify for Lost {
    fn kind(&self) -> Kind {
        Kind::Transient
    }

    fn retry_after(&self) -> Option<Duration> {
        let millis = self.0.strip_prefix("retry ")?;
        millis.parse().ok().map(Duration::from_millis)
    }
}

/// A device and the handle that answers for it. It panics when it is called without being ready.
pub(crate) fn field() -> (Field, Handle<Request, u16>) {
    let (mock, handle) = mock::pair();
    (MapErr::new(mock, |error| Lost(error.to_string())), handle)
}

pub(crate) fn request(register: u16) -> Request {
    http::Request::new(register)
}

/// A clock that the test and the layers hold.
#[derive(Clone)]
pub(crate) struct SharedClock(pub(crate) Arc<ManualClock>);

impl Clock for SharedClock {
    fn now(&self) -> Instant {
        self.0.now()
    }
}
