//! Searches: complete, and never endless.

use alloc::rc::Rc;
use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::one_wire::{Bus, Error, Exchange, Fault, Line, Rom, Search, Ticket, crc8, crc16};
use proptest::prelude::*;

use super::devices::{Device, Framing, Uart, Wire, crc};
use super::run;

type Found = Result<Vec<Rom>, Error<Framing>>;

fn search(wire: &Rc<RefCell<Wire>>, search: Search, now: &mut Instant) -> (Found, Search) {
    let mut bus = Bus::new(Uart(Rc::clone(wire)));
    search_over(&mut bus, search, now)
}

fn search_over(bus: &mut Bus<Uart>, mut search: Search, now: &mut Instant) -> (Found, Search) {
    let mut ticket = Ticket::new();
    let mut found = Vec::new();
    loop {
        let end = run(
            &mut |now| bus.poll_search(&mut ticket, &mut search, now),
            now,
            secs(60),
        );
        match end {
            Ok(Some(rom)) => found.push(rom),
            Ok(None) => return (Ok(found), search),
            Err(error) => return (Err(error), search),
        }
    }
}

fn rom(random: &mut SplitMix64) -> Rom {
    // Addresses that share long beginnings make many branches.
    let mut serial = [0; 6];
    for byte in &mut serial {
        *byte = match random.below(3) {
            0 => 0,
            1 => 1 << random.below(8),
            _ => u8::try_from(random.below(256)).unwrap(),
        };
    }
    let family = *[0x28, 0x28, 0x10, 0x01]
        .get(usize::try_from(random.below(4)).unwrap())
        .unwrap();
    Rom::new(family, serial).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_every_device_once(count in 0_usize..=50, seed: u64) {
        let mut random = SplitMix64::new(seed);
        let mut roms: Vec<Rom> = (0..count).map(|_| rom(&mut random)).collect();
        roms.sort();
        roms.dedup();
        let devices: Vec<Device> = roms
            .iter()
            .map(|rom| {
                let mut device = Device::new(*rom, 0);
                device.has_alarm = random.below(3) == 0;
                device
            })
            .collect();
        let mut alarmed: Vec<Rom> = roms
            .iter()
            .zip(&devices)
            .filter(|(_, device)| device.has_alarm)
            .map(|(rom, _)| *rom)
            .collect();
        alarmed.sort();
        let wire = Wire::shared(devices, seed);
        let mut now = Instant::from_secs(1);
        for (kind, mut wanted) in [(Search::all(), roms), (Search::alarmed(), alarmed)] {
            let (found, search) = search(&wire, kind, &mut now);
            let mut found = found.unwrap();
            // They come in the order of their bits, the first bit first.
            wanted.sort_by_key(|rom| u64::from_le_bytes(rom.to_bytes()).reverse_bits());
            prop_assert_eq!(&found, &wanted);
            found.dedup();
            prop_assert_eq!(found.len(), usize::from(search.found()));
            prop_assert!(search.is_over());
        }
    }

    #[test]
    fn crcs_are_those_of_the_shift_registers(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(crc8(&bytes), crc(&bytes));
        let mut register = 0_u16;
        for at in 0..bytes.len() * 8 {
            let feedback = (u16::from(bytes[at / 8] >> (at % 8)) ^ register) & 1;
            register = (register >> 1) ^ (feedback * 0xA001);
        }
        prop_assert_eq!(crc16(&bytes), !register);
    }

    /// Whatever the bus says, a search of it ends after a bounded number of branches.
    #[test]
    fn a_search_of_noise_ends(seed: u64, zeros in 0_u64..100, ones in 0_u64..50) {
        let mut random = SplitMix64::new(seed);
        let mut search = Search::all();
        let mut branches = 0_u64;
        while !search.is_over() {
            branches += 1;
            prop_assert!(branches < 64 * 257 * 5);
            let (bit, inverse) = match random.below(100) {
                n if n < zeros => (false, false),
                n if n > 100 - ones.min(3) => (true, true),
                _ => {
                    let bit = random.below(2) == 1;
                    (bit, !bit)
                }
            };
            let failed = match search.branch(bit, inverse) {
                Ok(_) if search.is_pass_complete() => search.end_pass().is_err(),
                Ok(_) => false,
                Err(_) => true,
            };
            if failed {
                let _ = search.fail_pass();
            }
        }
    }
}

/// A bus that answers each branch with both bits has 2^56 devices with a right CRC.
#[test]
fn a_bus_that_makes_up_devices_is_given_up() {
    let mut search = Search::all();
    let mut passes = 0;
    while !search.is_over() {
        let mut way = 0_u64;
        for bit in 0..64 {
            let (one, inverse) = match bit {
                0..=2 | 4 | 6..=7 => (false, true),
                3 | 5 => (true, false), // family 0x28
                8..=55 => (false, false),
                _ => {
                    let bytes = way.to_le_bytes();
                    let one = crc(&bytes[..7]) >> (bit - 56) & 1 == 1;
                    (one, !one)
                }
            };
            way |= u64::from(search.branch(one, inverse).unwrap()) << bit;
        }
        passes += 1;
        match search.end_pass() {
            Ok(found) => assert!(!found.is_last),
            Err(fault) => assert_eq!(fault, Fault::SearchLimit { limit: 256 }),
        }
    }
    assert_eq!(passes, 257);
}

#[test]
fn a_search_on_a_noisy_wire_ends_in_addresses_or_an_error() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..60 {
        let mut random = SplitMix64::new(seed);
        let mut roms: Vec<Rom> = (0..8).map(|_| rom(&mut random)).collect();
        roms.sort();
        roms.dedup();
        let devices = roms.iter().map(|rom| Device::new(*rom, 0)).collect();
        let wire = Wire::shared(devices, seed);
        wire.borrow_mut().noise = 20 * (seed % 6);
        match search(&wire, Search::all(), &mut Instant::from_secs(1)) {
            (Ok(found), _) => {
                good += usize::from(found.len() == roms.len());
                assert!(found.len() <= roms.len() + 2);
            }
            (Err(Error::Bus(_)), search) => {
                assert!(search.is_over());
                bad += 1;
            }
            (Err(error), _) => panic!("{error}"),
        }
    }
    assert!(good > 10 && bad > 10, "{good} {bad}");
}

#[test]
fn a_bus_without_devices_shorted_or_deaf_is_told_apart() {
    let one = Exchange::with_all().write(&[0xBE]).read(9);
    let rom = Rom::new(0x28, [1; 6]).unwrap();
    let rows: [(usize, bool, bool, Fault); 3] = [
        (0, false, false, Fault::NoPresence),
        (1, true, false, Fault::HeldLow),
        (1, false, true, Fault::NoEcho),
    ];
    for (devices, is_shorted, is_deaf, fault) in rows {
        let wire = Wire::shared(vec![Device::new(rom, 0); devices], 1);
        wire.borrow_mut().is_shorted = is_shorted;
        wire.borrow_mut().is_deaf = is_deaf;
        let mut bus = Bus::new(Uart(Rc::clone(&wire)));
        let mut ticket = Ticket::new();
        let mut now = Instant::from_secs(1);
        for _ in 0..2 {
            let end = run(
                &mut |now| bus.poll_exchange(&mut ticket, &one, now),
                &mut now,
                millis(100),
            );
            assert_eq!(end, Err(Error::Bus(fault)));
        }
        bus.release(&mut ticket, now);
        let (found, _) = search_over(&mut bus, Search::all(), &mut now);
        match fault {
            Fault::NoPresence => assert_eq!(found, Ok(Vec::new())),
            fault => assert_eq!(found, Err(Error::Bus(fault))),
        }
    }
}

#[test]
fn a_device_that_leaves_during_a_search_ends_it() {
    let roms = [[1; 6], [2; 6], [3; 6]].map(|serial| Rom::new(0x28, serial).unwrap());
    let wire = Wire::shared(roms.map(|rom| Device::new(rom, 0)).to_vec(), 1);
    let mut bus = Bus::new(Uart(Rc::clone(&wire)));
    let (mut ticket, mut search) = (Ticket::new(), Search::all());
    let mut now = Instant::from_secs(1);
    let mut poll = |now: &mut Instant| {
        run(
            &mut |now| match bus.poll_search(&mut ticket, &mut search, now) {
                Progress::Ready(end) => Progress::Ready(end),
                Progress::WouldBlock(until) => Progress::WouldBlock(until),
            },
            now,
            secs(10),
        )
    };
    assert_eq!(poll(&mut now), Ok(Some(roms[1]))); // bit 8 is 0
    wire.borrow_mut()
        .devices
        .iter_mut()
        .for_each(|device| device.is_there = false);
    assert_eq!(poll(&mut now), Err(Error::Bus(Fault::NoPresence)));
    assert_eq!(poll(&mut now), Ok(None));
}
