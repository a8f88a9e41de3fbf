//! Concurrency limits that find themselves: [`Aimd`] and [`Gradient`].
//!
//! Nobody knows how many calls at once a gateway, a bus or a cloud service bears, and it changes. Both policies
//! watch what comes back. [`Aimd`] grows by one for each round of calls that went well and cuts by a share when one
//! fails or is slow, as TCP Reno does. [`Gradient`] compares the latency with the shortest it has seen, and shrinks
//! while calls queue up, before any fails.
//!
//! Both take two lessons of Netflix' concurrency-limits that copies leave out: the limit does not grow while the
//! application uses less than half of it (or an idle night would leave a limit that has never been tried), and the
//! shortest latency is measured again from time to time, since a route that got longer is not a queue.
//!
//! The limit and the calls under way are one word: no interleaving admits more than the limit.

mod aimd;
mod gradient;
mod places;

pub use aimd::{Aimd, AimdConfig};
pub use gradient::{Gradient, GradientConfig};

#[cfg(target_has_atomic = "64")]
pub use aimd::SharedAimd;
#[cfg(target_has_atomic = "64")]
pub use gradient::SharedGradient;

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::policy::ConfigError;

/// A place within an adaptive limit; settle it with the policy that gave it out.
#[derive(Debug)]
#[must_use = "a permit that is dropped is never given back"]
pub struct LimitPermit {
    started: Instant,
}

impl LimitPermit {
    /// When the call was admitted; its latency counts from here.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }
}

/// The bounds that both limits keep within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Bounds {
    initial: u32,
    min: u32,
    max: u32,
}

impl Bounds {
    const DEFAULT: Self = Self {
        initial: 10,
        min: 1,
        max: 1_000,
    };

    fn check(&self) -> Result<(), ConfigError> {
        if self.min == 0 || self.min > places::LIMIT_MAX {
            return Err(ConfigError::new("min", "from 1 to 65535"));
        }
        if self.max < self.min || self.max > places::LIMIT_MAX {
            return Err(ConfigError::new("max", "from min to 65535"));
        }
        if self.initial < self.min || self.initial > self.max {
            return Err(ConfigError::new("initial", "from min to max"));
        }
        Ok(())
    }
}

/// A duration of a latency rule in microseconds.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
