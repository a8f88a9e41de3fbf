//! A client and a server on a line that loses, turns, doubles and delays: each request ends in a right answer or an
//! error.

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::modbus::{
    BlockStore, Client, Error, Registers, Request, Rtu, RtuConfig, RtuServer, RtuServerConfig, Tcp,
    TcpConfig, TcpServer, TcpServerConfig, Unit,
};

use super::line::{End, Faults, line};

type Store = BlockStore<0, 0, 64, 200>;

/// How requests ended.
#[derive(Debug, Default)]
struct Tally {
    answered: u32,
    refused: u32,
    timed_out: u32,
    mismatched: u32,
    busy: u32,
}

/// Register `address` of what the server measures: no two that are read are the same.
fn measured(address: u16) -> u16 {
    address.wrapping_mul(257) ^ 0x5AA5
}

/// Drives `client` and `server` until `requests` have ended, and holds every answer against the store.
fn run(
    seed: u64,
    requests: u32,
    longest: Duration,
    mut ask: impl FnMut(
        &Request<'_>,
        Instant,
    ) -> Progress<Result<Vec<u16>, Error<core::convert::Infallible>>>,
    mut serve: impl FnMut(Instant, &mut Store),
) -> Tally {
    let mut store = Store::new();
    for (address, value) in (0..).zip(store.input_registers.values_mut()) {
        *value = measured(address);
    }
    let mut random = SplitMix64::new(seed);
    let mut tally = Tally::default();
    let mut now = Instant::from_secs(1);
    for round in 0..requests {
        let address = u16::try_from(random.below(50)).unwrap();
        let value = u16::try_from(random.below(65_536)).unwrap();
        let values = [value, !value];
        let request = match random.below(8) {
            0 => Request::WriteSingleRegister { address, value },
            1 => Request::WriteMultipleRegisters {
                address,
                values: Registers::new(&values),
            },
            2 => Request::ReadInputRegisters {
                address: 190,
                quantity: 40,
            },
            _ => Request::ReadInputRegisters {
                address,
                quantity: 1 + address % 3,
            },
        };
        let began = now;
        let result = loop {
            serve(now, &mut store);
            match ask(&request, now) {
                Progress::Ready(result) => break result,
                Progress::WouldBlock(_) => now += Duration::from_micros(200),
            }
            assert!(
                now.saturating_since(began) < longest,
                "request {round} hangs"
            );
        };
        match result {
            Ok(read) => {
                tally.answered += 1;
                match request {
                    Request::ReadInputRegisters { address, quantity } => {
                        let right: Vec<u16> = (address..address + quantity).map(measured).collect();
                        assert_eq!(read, right, "request {round}");
                    }
                    Request::WriteSingleRegister { .. } => {
                        assert_eq!(
                            store.holding_registers.values()[usize::from(address)],
                            value
                        );
                    }
                    _ => {
                        let written =
                            &store.holding_registers.values()[usize::from(address)..][..2];
                        assert_eq!(written, values, "request {round}");
                    }
                }
            }
            Err(Error::Exception(_)) => {
                assert!(matches!(
                    request,
                    Request::ReadInputRegisters { address: 190, .. }
                ));
                tally.refused += 1;
            }
            Err(Error::TimedOut) => tally.timed_out += 1,
            Err(Error::ReplyMismatch(_)) => tally.mismatched += 1,
            Err(Error::LineBusy) => tally.busy += 1,
            Err(error) => panic!("{error}"),
        }
        now += Duration::from_micros(random.below(5_000));
    }
    tally
}

fn serial(faults: Faults, seed: u64, chunk: usize) -> Tally {
    let (near, far): (End, End) = line(seed, faults);
    near.chunk(chunk);
    // Nothing comes later than two delays and the server's own time: within the quarantine.
    let config = RtuConfig::new(115_200)
        .response_timeout(millis(40))
        .quarantine(millis(200));
    let mut client = Client::new(Rtu::new(near, config), Unit(7));
    let mut server = RtuServer::new(far, RtuServerConfig::new(Unit(7), 115_200));
    run(
        seed,
        4_000,
        millis(700),
        |request, now| {
            client
                .poll(request, now)
                .map(|result| result.map(|response| response.registers().iter().collect()))
        },
        |now, store| {
            while let Progress::Ready(result) = server.poll(now, store) {
                result.unwrap();
            }
        },
    )
}

#[test]
fn every_request_on_a_faulty_serial_line_ends_in_a_right_answer_or_an_error() {
    let faults = Faults {
        loss: 40,
        cut: 40,
        noise: 40,
        twice: 60,
        late: 200,
        delay: millis(90),
        garbage: 60,
    };
    for seed in 1..=4 {
        let tally = serial(faults, seed, usize::MAX);
        assert!(
            tally.answered > 2_000 && tally.timed_out > 200 && tally.refused > 100,
            "{seed} {tally:?}"
        );
    }
}

#[test]
fn garbage_and_echoes_of_a_frame_cost_no_answer() {
    let faults = Faults {
        twice: 300,
        garbage: 300,
        ..Faults::default()
    };
    let tally = serial(faults, 5, usize::MAX);
    // Only a frame that garbage made look longer than it is may be lost, and half of those are found after silence.
    assert!(tally.answered + tally.refused > 3_900, "{tally:?}");
}

#[test]
fn a_line_without_faults_answers_everything_in_any_pieces() {
    for chunk in [1, 3, 7, usize::MAX] {
        let tally = serial(Faults::default(), 6, chunk);
        assert_eq!(tally.answered + tally.refused, 4_000, "{chunk} {tally:?}");
    }
}

#[test]
fn every_request_on_a_slow_stream_ends_in_a_right_answer_or_an_error() {
    for (seed, chunk) in [(1, usize::MAX), (2, 1), (3, 5)] {
        // A stream loses nothing and keeps its order; it is late, and cut anywhere.
        let (near, far) = line(seed, Faults::default());
        near.chunk(chunk);
        let config = TcpConfig::new().response_timeout(millis(40));
        let mut client = Client::new(Tcp::new(near, config), Unit(7));
        let mut server = TcpServer::new(far, TcpServerConfig::new());
        let mut random = SplitMix64::new(seed);
        let mut asleep = Instant::ZERO;
        let tally = run(
            seed,
            3_000,
            millis(700),
            |request, now| {
                client
                    .poll(request, now)
                    .map(|result| result.map(|response| response.registers().iter().collect()))
            },
            |now, store| {
                if now < asleep {
                    return;
                }
                if random.below(400) == 0 {
                    asleep = now + millis(random.below(130));
                }
                while let Progress::Ready(result) = server.poll(now, store) {
                    result.unwrap();
                }
            },
        );
        assert!(
            tally.answered > 1_500 && tally.timed_out > 30,
            "{seed} {tally:?}"
        );
        assert_eq!((tally.mismatched, tally.busy), (0, 0), "{tally:?}");
    }
}
