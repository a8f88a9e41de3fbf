//! [`QuotaReserve`]: quotas as a phase of placement.

use alloc::collections::BTreeMap;

use super::{Demand, Environment, Quota, Quotas, Ticket};
use crate::placement::{Claim, Reason, ReservationId, Reserve};
use gofarm_core::time::secs;

/// Charges each placement to its tenant's quota in one environment.
///
/// The scheduler releases each claim once, also those that nobody commits, so charges do not lapse here a second
/// time. Work without a tenant is the farm's own and is not charged. A tenant without a quota places nothing.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::node::NodeId;
/// use gofarm_sched::placement::{Claim, Reason, ReservationId, Reserve};
/// use gofarm_sched::quota::{Environment, Quota, QuotaReserve};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::Ask;
///
/// let mut quotas = QuotaReserve::new(Environment::Dev);
/// quotas.set("orchard", Quota::DEV);
/// let request = Request::new(Ask::new(1_500, 1 << 30)).tenant("orchard");
/// let claim = |id| Claim::new(ReservationId::new(id), &request, NodeId::new(0, 0), Instant::ZERO);
/// assert_eq!(quotas.reserve(&claim(1)), Ok(()));
/// assert_eq!(quotas.reserve(&claim(2)), Err(Reason::Quota));
/// quotas.release(&claim(1));
/// assert_eq!(quotas.reserve(&claim(3)), Ok(()));
/// ```
#[derive(Clone, Debug)]
pub struct QuotaReserve {
    quotas: Quotas,
    environment: Environment,
    tickets: BTreeMap<ReservationId, Ticket>,
}

impl QuotaReserve {
    /// No quotas yet, for the scheduler of one environment.
    #[must_use]
    pub const fn new(environment: Environment) -> Self {
        Self {
            quotas: Quotas::new(secs(0)),
            environment,
            tickets: BTreeMap::new(),
        }
    }

    /// Sets a tenant's quota.
    pub fn set(&mut self, tenant: &str, quota: Quota) {
        self.quotas.set(tenant, self.environment, quota);
    }

    /// What is charged.
    #[must_use]
    pub const fn quotas(&self) -> &Quotas {
        &self.quotas
    }
}

impl Reserve for QuotaReserve {
    fn name(&self) -> &'static str {
        "tenant quota"
    }

    fn reserve(&mut self, claim: &Claim<'_>) -> Result<(), Reason> {
        let Some(tenant) = claim.request().tenant_name() else {
            return Ok(());
        };
        let demand = Demand::new(*claim.request().ask());
        let charge = (self.quotas).reserve(tenant, self.environment, &demand, claim.now());
        let ticket = charge.map_err(|_| Reason::Quota)?;
        self.quotas.commit(ticket).map_err(|_| Reason::Quota)?;
        self.tickets.insert(claim.id(), ticket);
        Ok(())
    }

    fn release(&mut self, claim: &Claim<'_>) {
        if let Some(ticket) = self.tickets.remove(&claim.id()) {
            // A ticket in the table is live: it was committed, and is released here only.
            let released = self.quotas.release(ticket);
            debug_assert!(released.is_ok(), "a committed charge is there");
        }
    }
}
