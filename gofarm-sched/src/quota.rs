//! What a tenant may use in an environment, and what it uses: [`Quotas`].
//!
//! One tenant's test run must not take the memory that another one's irrigation needs. A counter that is raised at
//! the start and lowered at the end of work answers that until the first path forgets the second half; after some
//! weeks the quota is full of nothing. So here every charge has a [`Ticket`], what is charged is by construction the
//! sum of the tickets that are there, and a ticket that nobody commits lapses by itself. Requests and limits are
//! bounded apart, as in Kubernetes' `ResourceQuota`: requests are what is set aside, limits what may be taken at
//! the most.
//!
//! Quotas count processors, memory and pieces of work. They do not count accelerators. An environment without a
//! quota takes nothing.

mod budget;
mod error;
mod reserve;

pub use budget::{Consent, Growth, Limits, Quota};
pub use error::{Bound, QuotaError};
pub use reserve::QuotaReserve;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::time::Duration;

use gofarm_core::time::Instant;

use crate::resource::Ask;

/// Where work runs; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Environment {
    /// Development.
    Dev,
    /// Staging: a rehearsal of production.
    Staging,
    /// Production.
    Prod,
}

/// One charge against a quota; never given out twice by the same [`Quotas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[must_use = "a charge is committed, or it lapses"]
pub struct Ticket(u64);

/// What one piece of work asks of its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Demand {
    requests: Ask,
    limits: Ask,
}

impl Demand {
    /// Work whose limits are what it requests; accelerators are not counted.
    #[must_use]
    pub const fn new(requests: Ask) -> Self {
        Self {
            requests,
            limits: requests,
        }
    }

    /// The same with the most that it may take; where a limit is below the request, the request counts.
    #[must_use]
    pub const fn limits(mut self, limits: Ask) -> Self {
        self.limits = limits;
        self
    }

    fn requested(&self) -> Limits {
        Limits::new(self.requests.cpu_milli(), self.requests.memory(), 1)
    }

    fn limited(&self) -> Limits {
        Limits::new(
            self.limits.cpu_milli().max(self.requests.cpu_milli()),
            self.limits.memory().max(self.requests.memory()),
            1,
        )
    }
}

/// The quotas of all tenants, and every charge against them.
///
/// `reserve` charges, `commit` keeps the charge for as long as the work runs, `release` ends it. A charge that is
/// not committed within the time limit is gone with the next [`handle_timeout`](Self::handle_timeout); call that
/// when [`poll_timeout`](Self::poll_timeout) says so. Each call is O(log n).
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_sched::quota::{Bound, Demand, Environment, Quota, Quotas};
/// use gofarm_sched::resource::Ask;
///
/// let mut quotas = Quotas::new(secs(30));
/// quotas.set("orchard", Environment::Dev, Quota::DEV);
/// let demand = Demand::new(Ask::new(1_500, 1 << 30));
/// let now = Instant::ZERO;
/// let first = quotas.reserve("orchard", Environment::Dev, &demand, now)?;
/// quotas.commit(first)?;
/// let error = quotas.reserve("orchard", Environment::Dev, &demand, now).unwrap_err();
/// assert_eq!(error.to_string(), "requested cpu: 1500 m asked, 1500 m of 2000 m in use");
/// quotas.release(first)?;
/// assert!(quotas.reserve("orchard", Environment::Dev, &demand, now).is_ok());
/// # Ok::<(), gofarm_sched::quota::QuotaError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Quotas {
    accounts: BTreeMap<Environment, BTreeMap<String, Account>>,
    charges: BTreeMap<Ticket, Charge>,
    lapses: BTreeSet<(Instant, Ticket)>,
    hold: Duration,
    next: u64,
}

#[derive(Clone, Debug)]
struct Account {
    quota: Quota,
    requested: Limits,
    limited: Limits,
}

#[derive(Clone, Debug)]
struct Charge {
    tenant: String,
    environment: Environment,
    demand: Demand,
    /// When it lapses; `None` once it is committed.
    until: Option<Instant>,
}

impl Quotas {
    /// No quotas; charges that are not committed lapse after `hold`.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        Self {
            accounts: BTreeMap::new(),
            charges: BTreeMap::new(),
            lapses: BTreeSet::new(),
            hold,
            next: 0,
        }
    }

    /// Sets a tenant's quota without asking for consent: what an operator does.
    ///
    /// Charges stay as they are; a quota below the use only stops new ones.
    pub fn set(&mut self, tenant: &str, environment: Environment, quota: Quota) {
        let accounts = self.accounts.entry(environment).or_default();
        match accounts.get_mut(tenant) {
            Some(account) => account.quota = quota,
            None => {
                let account = Account {
                    quota,
                    requested: Limits::NONE,
                    limited: Limits::NONE,
                };
                accounts.insert(tenant.into(), account);
            }
        }
    }

    /// Grows or shrinks what a tenant may request, within what its quota's [`Growth`] allows.
    ///
    /// # Errors
    /// There is no quota, the consent is not enough for growth, or the limits would be exceeded.
    pub fn scale(
        &mut self,
        tenant: &str,
        environment: Environment,
        requests: Limits,
        consent: Consent,
    ) -> Result<(), QuotaError> {
        let account = self.account(tenant, environment)?;
        account.quota = account.quota.scaled(requests, consent)?;
        Ok(())
    }

    /// Charges a tenant until the charge is committed, released, or lapses.
    ///
    /// # Errors
    /// There is no quota, or the first bound that the demand would exceed, with its use.
    pub fn reserve(
        &mut self,
        tenant: &str,
        environment: Environment,
        demand: &Demand,
        now: Instant,
    ) -> Result<Ticket, QuotaError> {
        let account = self.account(tenant, environment)?;
        let (requested, limited) = account.after(demand)?;
        account.requested = requested;
        account.limited = limited;
        let ticket = Ticket(self.next);
        self.next += 1;
        let until = now + self.hold;
        self.lapses.insert((until, ticket));
        let charge = Charge {
            tenant: tenant.into(),
            environment,
            demand: *demand,
            until: Some(until),
        };
        self.charges.insert(ticket, charge);
        Ok(ticket)
    }

    /// Whether a demand would be accepted now.
    ///
    /// # Errors
    /// As for [`reserve`](Self::reserve).
    pub fn check(
        &self,
        tenant: &str,
        environment: Environment,
        demand: &Demand,
    ) -> Result<(), QuotaError> {
        let account = self.accounts.get(&environment).and_then(|a| a.get(tenant));
        account.ok_or(QuotaError::NoQuota)?.after(demand).map(drop)
    }

    /// Keeps a charge until it is released; committing it again changes nothing.
    ///
    /// # Errors
    /// It has lapsed, or was released: the work must not start.
    pub fn commit(&mut self, ticket: Ticket) -> Result<(), QuotaError> {
        let charge = self.charges.get_mut(&ticket).ok_or(QuotaError::Gone)?;
        if let Some(until) = charge.until.take() {
            self.lapses.remove(&(until, ticket));
        }
        Ok(())
    }

    /// Ends a charge, committed or not.
    ///
    /// # Errors
    /// It has lapsed, or was released before; nothing changes.
    pub fn release(&mut self, ticket: Ticket) -> Result<(), QuotaError> {
        let charge = self.charges.remove(&ticket).ok_or(QuotaError::Gone)?;
        if let Some(until) = charge.until {
            self.lapses.remove(&(until, ticket));
        }
        if let Ok(account) = self.account(&charge.tenant, charge.environment) {
            account.requested = account.requested.less(&charge.demand.requested());
            account.limited = account.limited.less(&charge.demand.limited());
        }
        Ok(())
    }

    /// When the next charge lapses; `None` while all are committed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.lapses.first().map(|(until, _)| *until)
    }

    /// Ends the charges whose time is over; says how many.
    pub fn handle_timeout(&mut self, now: Instant) -> usize {
        let mut lapsed = 0;
        while let Some(&(until, ticket)) = self.lapses.first()
            && until <= now
        {
            lapsed += usize::from(self.release(ticket).is_ok());
        }
        lapsed
    }

    /// How many charges there are, committed or not.
    #[must_use]
    pub fn live(&self) -> usize {
        self.charges.len()
    }

    /// A tenant's quota.
    #[must_use]
    pub fn quota(&self, tenant: &str, environment: Environment) -> Option<&Quota> {
        let account = self.accounts.get(&environment)?.get(tenant)?;
        Some(&account.quota)
    }

    /// What a tenant's charges add up to: requests, then limits. `None` without a quota.
    #[must_use]
    pub fn used(&self, tenant: &str, environment: Environment) -> Option<(Limits, Limits)> {
        let account = self.accounts.get(&environment)?.get(tenant)?;
        Some((account.requested, account.limited))
    }

    fn account(&mut self, tenant: &str, at: Environment) -> Result<&mut Account, QuotaError> {
        let accounts = self.accounts.get_mut(&at).ok_or(QuotaError::NoQuota)?;
        accounts.get_mut(tenant).ok_or(QuotaError::NoQuota)
    }
}

impl Account {
    /// The sums with one more demand.
    fn after(&self, demand: &Demand) -> Result<(Limits, Limits), QuotaError> {
        let bounds = [Bound::RequestedCpu, Bound::RequestedMemory, Bound::Count];
        let requested =
            (self.requested).plus(&demand.requested(), self.quota.requests(), bounds)?;
        let bounds = [Bound::LimitCpu, Bound::LimitMemory, Bound::Count];
        let limited = (self.limited).plus(&demand.limited(), self.quota.limits(), bounds)?;
        Ok((requested, limited))
    }
}
