//! Faults come as often as asked, are the same for a seed, and do nothing that was not asked.

use alloc::collections::VecDeque;
use core::convert::Infallible;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use gofarm_core::device::Progress;
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::fault_injector::{
    Chance, FaultConfig, FaultInjector, I2cFaultConfig, I2cFaultInjector, Injected, InjectedError,
};
use gofarm_hal::serial::Port;
use proptest::prelude::*;

/// Two ends that are not joined: a test fills one and looks at the other.
#[derive(Debug, Default)]
struct Ends {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    room: usize,
}

impl Port for Ends {
    type Error = Infallible;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        Ok(std::io::Read::read(&mut self.incoming, into).unwrap())
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let len = bytes.len().min(self.room);
        self.room -= len;
        self.outgoing.extend(&bytes[..len]);
        Ok(len)
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
        Progress::Ready(Ok(()))
    }
}

type Line = FaultInjector<Ends, SplitMix64>;

fn line(seed: u64, config: FaultConfig) -> Line {
    let ends = Ends {
        room: usize::MAX,
        ..Ends::default()
    };
    FaultInjector::new(ends, SplitMix64::new(seed), config)
}

/// What of `bytes` comes through in both directions, polled each millisecond until nothing more comes.
fn through(line: &mut Line, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    line.port().incoming.extend(bytes);
    let (mut now, mut rest, mut read) = (Instant::from_secs(1), bytes, Vec::new());
    for _ in 0..20_000 {
        now += millis(1);
        let len = line.write(now, rest).unwrap();
        rest = &rest[len..];
        let mut into = [0; 7];
        let len = line.read(now, &mut into).unwrap();
        read.extend(&into[..len]);
    }
    assert!(rest.is_empty());
    assert_eq!(line.poll_drained(now), Progress::Ready(Ok(())));
    (read, core::mem::take(&mut line.port().outgoing))
}

fn bytes(len: u32) -> Vec<u8> {
    (0..len).map(|n| n.to_le_bytes()[0]).collect()
}

#[test]
fn a_line_without_faults_passes_everything() {
    let all = bytes(2_000);
    let mut line = line(7, FaultConfig::new());
    assert_eq!(through(&mut line, &all), (all.clone(), all));
    assert_eq!(line.injected(), Injected::default());
}

#[test]
fn a_seed_gives_the_same_faults_again() {
    let config = FaultConfig::new()
        .loss(Chance::one_in(20))
        .corruption(Chance::one_in(20))
        .duplication(Chance::one_in(20))
        .noise(Chance::one_in(20))
        .delay(Chance::one_in(50), millis(20))
        .outage(Chance::one_in(400), millis(50));
    let run = |seed| {
        let mut line = line(seed, config);
        (through(&mut line, &bytes(1_000)), line.injected())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let Injected {
        lost,
        corrupted,
        duplicated,
        noise,
        delayed,
        outages,
        ..
    } = run(7).1;
    assert!(
        [lost, corrupted, duplicated, noise, delayed, outages]
            .iter()
            .all(|&n| n > 0)
    );
}

#[test]
fn each_fault_does_what_it_says_and_is_counted() {
    let all = bytes(200);
    let often = Chance::one_in(4);

    let mut lossy = line(1, FaultConfig::new().loss(often));
    let (read, written) = through(&mut lossy, &all);
    let lost = lossy.injected().lost as usize;
    assert_eq!(read.len() + written.len(), 400 - lost);
    assert!((60..140).contains(&lost), "{lost}");
    assert!(read.is_sorted(), "what comes, comes in order");

    let mut noisy = line(2, FaultConfig::new().corruption(often));
    let (read, written) = through(&mut noisy, &all);
    let flipped = |got: &[u8]| -> u32 {
        got.iter()
            .zip(&all)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum()
    };
    assert_eq!((read.len(), written.len()), (200, 200));
    assert_eq!(
        flipped(&read) + flipped(&written),
        noisy.injected().corrupted
    );

    let mut twice = line(3, FaultConfig::new().duplication(Chance::ALWAYS));
    let (read, _) = through(&mut twice, &all);
    assert_eq!(
        read.chunks(2)
            .map(|two| (two[0], two[1]))
            .collect::<Vec<_>>(),
        all.iter().map(|&byte| (byte, byte)).collect::<Vec<_>>()
    );

    let mut crowded = line(4, FaultConfig::new().noise(often));
    let (read, written) = through(&mut crowded, &all);
    assert_eq!(
        read.len() + written.len(),
        400 + crowded.injected().noise as usize
    );

    let mut late = line(5, FaultConfig::new().delay(often, millis(9)));
    assert_eq!(through(&mut late, &all), (all.clone(), all.clone()));
    assert!(late.injected().delayed > 0);

    let mut cut = line(6, FaultConfig::new().outage(Chance::one_in(50), secs(60)));
    let (read, _) = through(&mut cut, &all);
    assert!(cut.injected().outages > 0 && all.starts_with(&read));
}

#[test]
fn a_byte_that_is_held_back_is_not_drained_and_holds_back_the_next() {
    let mut line = line(1, FaultConfig::new().delay(Chance::ALWAYS, millis(10)));
    let now = Instant::from_secs(1);
    assert_eq!(line.write(now, &[1, 2]), Ok(1));
    let Progress::WouldBlock(due) = line.poll_drained(now) else {
        panic!("it is held back");
    };
    assert!(now < due && due <= now + millis(10));
    assert_eq!(line.write(now, &[2]), Ok(0));
    assert_eq!(line.poll_drained(due), Progress::Ready(Ok(())));
    assert_eq!(line.port().outgoing, [1]);
    line.port().room = 0; // the port is full now
    line.set_config(FaultConfig::new());
    assert_eq!(line.write(due, &[2, 3]), Ok(1));
    assert_eq!(line.poll_drained(due), Progress::WouldBlock(due));
    line.port().room = 1;
    assert_eq!(line.poll_drained(due), Progress::Ready(Ok(())));
    assert_eq!(line.port().outgoing, [1, 2]);
}

proptest! {
    #[test]
    fn every_byte_is_accounted_for(
        seed in any::<u64>(),
        rates in prop::array::uniform4(0_u32..20_000),
    ) {
        let [loss, corruption, duplication, noise] = rates.map(Chance::per_65_536);
        let config = FaultConfig::new()
            .loss(loss)
            .corruption(corruption)
            .duplication(duplication)
            .noise(noise)
            .outage(Chance::one_in(100), millis(20));
        let mut line = line(seed, config);
        let (read, written) = through(&mut line, &bytes(150));
        let injected = line.injected();
        let came = read.len() + written.len() + injected.lost as usize;
        prop_assert_eq!(came, 300 + (injected.duplicated + injected.noise) as usize);
    }
}

/// Answers each read with zeros and counts transactions.
#[derive(Default)]
struct Zeros(u32);

impl ErrorType for Zeros {
    type Error = Infallible;
}

impl I2c for Zeros {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), Infallible> {
        self.0 += 1;
        for operation in operations {
            if let Operation::Read(bytes) = operation {
                bytes.fill(0);
            }
        }
        Ok(())
    }
}

#[test]
fn an_i2c_bus_fails_as_often_as_it_says() {
    let config = I2cFaultConfig::new()
        .no_acknowledge(Chance::one_in(10))
        .bus_error(Chance::one_in(10))
        .corruption(Chance::one_in(50));
    let mut bus = I2cFaultInjector::new(Zeros::default(), SplitMix64::new(7), config);
    let (mut silent, mut failed, mut flipped) = (0, 0, 0);
    for _ in 0..2_000 {
        let mut answer = [0xFF; 6];
        let result = bus.write_read(0x44, &[0xFD], &mut answer);
        match result {
            Ok(()) => {}
            Err(InjectedError::Injected(ErrorKind::NoAcknowledge(
                NoAcknowledgeSource::Address,
            ))) => {
                silent += 1;
                assert_eq!(answer, [0xFF; 6], "the device was not reached");
                continue;
            }
            Err(error) => {
                assert_eq!(error, InjectedError::Injected(ErrorKind::Bus));
                failed += 1;
            }
        }
        flipped += answer.iter().map(|byte| byte.count_ones()).sum::<u32>();
    }
    let injected = bus.injected();
    assert_eq!(
        (silent, failed, flipped),
        (
            injected.not_acknowledged,
            injected.failed,
            injected.corrupted
        )
    );
    assert!((120..280).contains(&silent) && failed > 100 && flipped > 100);
    assert_eq!(bus.into_inner().0, 2_000 - silent);
}
