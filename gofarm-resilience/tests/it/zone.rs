//! Zones: shares, no clumps, drains and standby.

use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::zone::{Zone, ZoneState, Zones};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 4 } else { 256 };

fn choices<const N: usize, M: Memory>(zones: &Zones<N, M>, calls: usize) -> Vec<usize> {
    (0..calls).filter_map(|_| zones.choose()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    /// The share of a zone in *any* run of calls of 1000 is off by less than 4 calls.
    #[test]
    fn every_run_of_calls_keeps_the_weights(
        weights in prop::array::uniform4(0..1_000_u32),
        down in 0..4_usize,
    ) {
        let zones = Zones::new(weights.map(Zone::active));
        prop_assume!(zones.is_ok());
        let zones = zones.unwrap();
        zones.set(down, ZoneState::Down);
        let up = |zone: &usize| *zone != down;
        let total: u32 = (0..4).filter(up).map(|zone| weights[zone]).sum();
        let chosen = choices(&zones, 1_000);
        prop_assert_eq!(chosen.len(), if total == 0 { 0 } else { 1_000 });
        for zone in (0..4).filter(up) {
            let share = f64::from(weights[zone]) / f64::from(total.max(1));
            // The deviation of each run is the difference of two prefixes' deviations.
            let (mut off, mut least, mut most) = (0.0_f64, 0.0_f64, 0.0_f64);
            for choice in &chosen {
                off += f64::from(u8::from(*choice == zone)) - share;
                (least, most) = (least.min(off), most.max(off));
            }
            prop_assert!(most - least < 4.0, "zone {zone} of {weights:?}: {least} to {most}");
        }
        prop_assert!(!chosen.contains(&down));
    }
}

#[test]
fn seventy_to_thirty() {
    let zones = Zones::new([Zone::active(70), Zone::active(30)]).unwrap();
    let chosen = choices(&zones, 10_000);
    for hundred in chosen.chunks(100) {
        let near = hundred.iter().filter(|&&zone| zone == 0).count();
        assert!((68..=72).contains(&near), "{near}");
    }
    // At most four calls in a row go to the near zone, and no two to the far one.
    let runs = |zone| {
        chosen
            .split(|&other| other != zone)
            .map(<[usize]>::len)
            .max()
    };
    assert_eq!((runs(0), runs(1)), (Some(4), Some(1)));
}

#[test]
fn owned_and_shared_agree() {
    let config = [Zone::active(5), Zone::active(2), Zone::standby(1)];
    let owned = Zones::<3, Owned>::with_zones(config).unwrap();
    let shared = Zones::<3, Shared>::with_zones(config).unwrap();
    assert_eq!(choices(&owned, 500), choices(&shared, 500));
}

#[test]
fn standby_zones_serve_only_while_no_other_is_up() {
    use ZoneState::{Down, Draining, Up};
    let zones = Zones::shared([
        Zone::active(1),
        Zone::active(1),
        Zone::standby(3),
        Zone::standby(1),
    ])
    .unwrap();
    let rows: [([ZoneState; 4], &[usize]); 6] = [
        ([Up, Up, Up, Up], &[0, 1]),
        ([Down, Up, Up, Up], &[1]),
        ([Down, Draining, Up, Up], &[2, 3]),
        ([Draining, Draining, Down, Up], &[3]),
        ([Down, Down, Down, Down], &[]),
        ([Up, Down, Down, Down], &[0]),
    ];
    for (states, expected) in rows {
        states
            .iter()
            .enumerate()
            .for_each(|(zone, state)| zones.set(zone, *state));
        assert!(
            states
                .iter()
                .enumerate()
                .all(|(zone, state)| zones.state(zone) == Some(*state))
        );
        let mut chosen = choices(&zones, 40);
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen, expected, "{states:?}");
    }
    assert_eq!(zones.state(4), None);
    zones.set(9, ZoneState::Down);
    assert_eq!(zones.choose(), Some(0));
}

#[test]
fn figures_are_checked_by_name() {
    assert_eq!(Zones::new([]).unwrap_err().field(), "zones");
    assert_eq!(
        Zones::new([Zone::active(1); 33]).unwrap_err().field(),
        "zones"
    );
    let error = Zones::new([Zone::active(0), Zone::standby(5)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "weight must be above 0 for an active zone"
    );
    let error = Zones::new([Zone::active(1_000_001)]).unwrap_err();
    assert_eq!(error.to_string(), "weight must be from 0 to 1000000");
}
