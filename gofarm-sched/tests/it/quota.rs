//! Quotas per tenant and environment.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use gofarm_sched::quota::{
    Bound, Consent, Demand, Environment, Growth, Limits, Quota, QuotaError, Quotas,
};
use gofarm_sched::resource::Ask;
use proptest::prelude::*;

#[test]
fn presets_are_as_agreed() {
    let table = [
        (
            Quota::DEV,
            (2_000, 4, 50),
            (2_000, 4, 50),
            Growth::Automatic,
        ),
        (
            Quota::STAGING,
            (8_000, 16, 30),
            (12_000, 24, 30),
            Growth::Approved,
        ),
        (
            Quota::PROD,
            (24_000, 48, 20),
            (24_000, 48, 20),
            Growth::ApprovedAndCanary,
        ),
    ];
    let limits = |(cpu, gib, count): (u32, u64, u32)| Limits::new(cpu, gib << 30, count);
    for (quota, requests, most, growth) in table {
        assert_eq!(*quota.requests(), limits(requests));
        assert_eq!(*quota.limits(), limits(most));
        assert_eq!(quota.growth(), growth);
    }
}

#[test]
fn each_bound_is_named_with_its_use() {
    let quota = Quota::new(Limits::new(1_000, 1_000, 2), Growth::Approved)
        .limited(Limits::new(1_500, 1_500, 2));
    let ask = |cpu, memory| Demand::new(Ask::new(cpu, memory));
    let first = ask(500, 500);
    let table = [
        (ask(501, 0), Bound::RequestedCpu, 1_000, 500, 501),
        (ask(0, 501), Bound::RequestedMemory, 1_000, 500, 501),
        (
            ask(0, 0).limits(Ask::new(1_001, 0)),
            Bound::LimitCpu,
            1_500,
            500,
            1_001,
        ),
        (
            ask(0, 0).limits(Ask::new(0, 1_001)),
            Bound::LimitMemory,
            1_500,
            500,
            1_001,
        ),
        // Limits below the request count as the request.
        (
            ask(501, 0).limits(Ask::NOTHING),
            Bound::RequestedCpu,
            1_000,
            500,
            501,
        ),
        (
            ask(u32::MAX, u64::MAX),
            Bound::RequestedCpu,
            1_000,
            500,
            u64::from(u32::MAX),
        ),
    ];
    for (demand, bound, allowed, used, asked) in table {
        let mut quotas = Quotas::new(secs(1));
        quotas.set("t", Environment::Prod, quota);
        let _ = quotas
            .reserve("t", Environment::Prod, &first, Instant::ZERO)
            .unwrap();
        let error = quotas
            .reserve("t", Environment::Prod, &demand, Instant::ZERO)
            .unwrap_err();
        assert_eq!(
            error,
            QuotaError::Exceeded {
                bound,
                allowed,
                used,
                asked
            }
        );
        assert_eq!(error.kind(), Kind::Overloaded);
        assert_eq!(quotas.live(), 1);
    }
    let mut quotas = Quotas::new(secs(1));
    quotas.set("t", Environment::Prod, quota);
    let nothing = ask(0, 0);
    for _ in 0..2 {
        let _ = quotas
            .reserve("t", Environment::Prod, &nothing, Instant::ZERO)
            .unwrap();
    }
    let error = quotas
        .reserve("t", Environment::Prod, &nothing, Instant::ZERO)
        .unwrap_err();
    assert_eq!(error.to_string(), "pieces of work: 1 asked, 2 of 2 in use");
    let other = quotas.reserve("t", Environment::Dev, &nothing, Instant::ZERO);
    assert_eq!(other, Err(QuotaError::NoQuota));
}

#[test]
fn production_never_grows_by_itself() {
    let more = Limits::new(25_000, 48 << 30, 20);
    let mut quotas = Quotas::new(secs(1));
    quotas.set("t", Environment::Prod, Quota::PROD);
    for consent in [Consent::None, Consent::Approved] {
        let error = quotas
            .scale("t", Environment::Prod, more, consent)
            .unwrap_err();
        assert_eq!(
            error,
            QuotaError::NeedsConsent {
                needed: Growth::ApprovedAndCanary
            }
        );
    }
    quotas
        .scale("t", Environment::Prod, more, Consent::ApprovedAndCanary)
        .unwrap();
    assert_eq!(
        quotas.quota("t", Environment::Prod).unwrap().requests(),
        &more
    );
    // Less needs nobody.
    quotas
        .scale(
            "t",
            Environment::Prod,
            Limits::new(1_000, 1, 1),
            Consent::None,
        )
        .unwrap();
    // Staging grows by approval, and not beyond its limits.
    quotas.set("t", Environment::Staging, Quota::STAGING);
    let error = quotas
        .scale(
            "t",
            Environment::Staging,
            Limits::new(12_001, 1, 1),
            Consent::Approved,
        )
        .unwrap_err();
    assert!(matches!(
        error,
        QuotaError::Exceeded {
            bound: Bound::LimitCpu,
            allowed: 12_000,
            ..
        }
    ));
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, u32, u64),
    Commit(usize),
    Release(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..3, 0_u32..1_500, 0_u64..3_000).prop_map(|(t, c, m)| Step::Reserve(t, c, m)),
        (0_usize..40).prop_map(Step::Commit),
        (0_usize..40).prop_map(Step::Release),
        (0_u64..20).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn what_is_charged_is_the_sum_of_the_live_reservations(steps in proptest::collection::vec(step(), 1..120)) {
        const TENANTS: [&str; 3] = ["a", "b", "c"];
        let quota = Quota::new(Limits::new(4_000, 8_000, 6), Growth::Automatic);
        let mut quotas = Quotas::new(secs(10));
        TENANTS.iter().for_each(|t| quotas.set(t, Environment::Staging, quota));
        // Ticket, tenant, demand, when it lapses, whether it lives.
        let mut model = Vec::new();
        let mut now = Instant::ZERO;
        for step in steps {
            match step {
                Step::Reserve(tenant, cpu, memory) => {
                    let demand = Demand::new(Ask::new(cpu, memory));
                    let charge = quotas.reserve(TENANTS[tenant], Environment::Staging, &demand, now);
                    if let Ok(ticket) = charge {
                        model.push((ticket, tenant, (cpu, memory), Some(now + secs(10)), true));
                    }
                }
                Step::Commit(at) => if let Some(row) = model.get_mut(at) {
                    prop_assert_eq!(quotas.commit(row.0).is_ok(), row.4);
                    row.3 = None;
                },
                Step::Release(at) => if let Some(row) = model.get_mut(at) {
                    prop_assert_eq!(quotas.release(row.0).is_ok(), row.4);
                    row.4 = false;
                },
                Step::Pass(seconds) => {
                    now += secs(seconds);
                    quotas.handle_timeout(now);
                    model.iter_mut().filter(|r| r.3.is_some_and(|u| u <= now)).for_each(|r| r.4 = false);
                }
            }
            let live: Vec<_> = model.iter().filter(|row| row.4).collect();
            prop_assert_eq!(quotas.live(), live.len());
            prop_assert_eq!(quotas.poll_timeout(), live.iter().filter_map(|row| row.3).min());
            for (tenant, name) in TENANTS.iter().enumerate() {
                let mine = || live.iter().filter(|row| row.1 == tenant).map(|row| row.2);
                let cpu: u64 = mine().map(|(cpu, _)| u64::from(cpu)).sum();
                let memory: u64 = mine().map(|(_, memory)| memory).sum();
                let (requested, limited) = quotas.used(name, Environment::Staging).unwrap();
                prop_assert_eq!(requested.cpu_milli(), cpu);
                prop_assert_eq!(requested.memory(), memory);
                prop_assert_eq!(requested.count(), mine().count() as u64);
                prop_assert_eq!(limited, requested);
                prop_assert!(cpu <= 4_000 && memory <= 8_000 && requested.count() <= 6);
            }
        }
    }
}
