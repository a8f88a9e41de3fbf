//! [`Quota`]: what may be used, and who must agree before that grows.

use super::{Bound, QuotaError};

/// Processors in thousandths, memory in bytes, and pieces of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    cpu_milli: u64,
    memory: u64,
    count: u64,
}

impl Limits {
    /// Nothing.
    pub const NONE: Self = Self::new(0, 0, 0);

    /// Processors in thousandths, memory in bytes, pieces of work.
    #[must_use]
    pub const fn new(cpu_milli: u32, memory: u64, count: u32) -> Self {
        Self {
            cpu_milli: cpu_milli as u64,
            memory,
            count: count as u64,
        }
    }

    /// Processors, in thousandths.
    #[must_use]
    pub const fn cpu_milli(&self) -> u64 {
        self.cpu_milli
    }

    /// Memory, in bytes.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// Pieces of work.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    const fn values(&self) -> [u64; 3] {
        [self.cpu_milli, self.memory, self.count]
    }

    const fn of([cpu_milli, memory, count]: [u64; 3]) -> Self {
        Self {
            cpu_milli,
            memory,
            count,
        }
    }

    /// The sum, or the first bound that it exceeds.
    pub(super) fn plus(
        &self,
        ask: &Self,
        most: &Self,
        bounds: [Bound; 3],
    ) -> Result<Self, QuotaError> {
        let mut sum = self.values();
        let terms = bounds.into_iter().zip(ask.values()).zip(most.values());
        for (used, ((bound, asked), allowed)) in sum.iter_mut().zip(terms) {
            let total = used.checked_add(asked).filter(|total| *total <= allowed);
            *used = total.ok_or(QuotaError::Exceeded {
                bound,
                allowed,
                used: *used,
                asked,
            })?;
        }
        Ok(Self::of(sum))
    }

    pub(super) fn less(&self, ask: &Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_sub(ask.cpu_milli),
            memory: self.memory.saturating_sub(ask.memory),
            count: self.count.saturating_sub(ask.count),
        }
    }

    fn within(&self, most: &Self) -> bool {
        self.values()
            .iter()
            .zip(most.values())
            .all(|(a, b)| *a <= b)
    }
}

/// What must be there before a quota grows; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Growth {
    /// Nothing: an autoscaler may do it.
    Automatic,
    /// The approval of a person.
    Approved,
    /// The approval of a person, and a canary that went well.
    ApprovedAndCanary,
}

/// What is there for a quota to grow; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Consent {
    /// Nothing: an autoscaler asks.
    None,
    /// A person approved it.
    Approved,
    /// A person approved it, and a canary went well.
    ApprovedAndCanary,
}

impl Consent {
    const fn allows(self, growth: Growth) -> bool {
        self as u8 >= growth as u8
    }
}

/// What a tenant may use in one environment.
///
/// ```
/// use gofarm_sched::quota::{Consent, Limits, Quota};
///
/// let more = Limits::new(10_000, 20 << 30, 30);
/// assert!(Quota::STAGING.scaled(more, Consent::None).is_err());
/// assert_eq!(Quota::STAGING.scaled(more, Consent::Approved)?.requests(), &more);
/// assert!(Quota::PROD.scaled(Limits::new(30_000, 48 << 30, 20), Consent::Approved).is_err());
/// # Ok::<(), gofarm_sched::quota::QuotaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quota {
    requests: Limits,
    limits: Limits,
    growth: Growth,
}

impl Quota {
    /// 2 processors, 4 GiB, 50 pieces of work; limits alike, so it cannot grow beyond them.
    pub const DEV: Self = Self::new(Limits::new(2_000, 4 << 30, 50), Growth::Automatic);

    /// 8 processors, 16 GiB, 30 pieces of work; limits of 12 and 24 GiB, up to which it grows by approval.
    pub const STAGING: Self = Self::new(Limits::new(8_000, 16 << 30, 30), Growth::Approved)
        .limited(Limits::new(12_000, 24 << 30, 30));

    /// 24 processors, 48 GiB, 20 pieces of work; grows by approval and canary only, limits included.
    pub const PROD: Self = Self::new(Limits::new(24_000, 48 << 30, 20), Growth::ApprovedAndCanary);

    /// A quota whose limits are what may be requested.
    #[must_use]
    pub const fn new(requests: Limits, growth: Growth) -> Self {
        Self {
            requests,
            limits: requests,
            growth,
        }
    }

    /// The same with other limits; see [`scaled`](Self::scaled) for how they bound growth.
    #[must_use]
    pub const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What all requests together may be.
    #[must_use]
    pub const fn requests(&self) -> &Limits {
        &self.requests
    }

    /// What all limits together may be.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What it needs to grow.
    #[must_use]
    pub const fn growth(&self) -> Growth {
        self.growth
    }

    /// The same with other requests; less needs no consent.
    ///
    /// With [`Growth::ApprovedAndCanary`] the limits grow along with the requests, otherwise they bound them.
    ///
    /// # Errors
    /// The consent is not enough, or the limits would be exceeded.
    pub fn scaled(mut self, requests: Limits, consent: Consent) -> Result<Self, QuotaError> {
        if !requests.within(&self.requests) && !consent.allows(self.growth) {
            return Err(QuotaError::NeedsConsent {
                needed: self.growth,
            });
        }
        if self.growth == Growth::ApprovedAndCanary {
            let most = |a: u64, b: u64| a.max(b);
            self.limits = Limits {
                cpu_milli: most(self.limits.cpu_milli, requests.cpu_milli),
                memory: most(self.limits.memory, requests.memory),
                count: most(self.limits.count, requests.count),
            };
        }
        let bounds = [Bound::LimitCpu, Bound::LimitMemory, Bound::Count];
        self.requests = Limits::NONE.plus(&requests, &self.limits, bounds)?;
        Ok(self)
    }
}
