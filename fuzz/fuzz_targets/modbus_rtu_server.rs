//! A server on a serial line: whatever comes, it answers with whole frames of its own unit or not at all.

#![no_main]

use gofarm_core::time::{Instant, millis};
use gofarm_hal::modbus::{BlockStore, Crc, RtuServerConfig, RtuServerFraming, ServerMachine, Unit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<(&[u8], u8, bool)>| {
    let mut store: BlockStore<40, 40, 40, 40> = BlockStore::new();
    let config = RtuServerConfig::new(Unit(17), 9_600);
    let mut machine = ServerMachine::new(RtuServerFraming::new(config));
    let mut now = Instant::ZERO;
    for (bytes, wait, seal) in pieces {
        let mut bytes = bytes.to_vec();
        if seal {
            // A fuzzer does not guess a CRC.
            bytes.extend(Crc::of(&bytes).to_bytes());
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let taken = machine.handle_input(now, rest, &mut store);
            rest = &rest[taken..];
            if taken == 0 {
                now += millis(10);
                machine.handle_timeout(now, &mut store);
                answer(&mut machine, now);
            }
        }
        now += millis(wait.into());
        machine.handle_timeout(now, &mut store);
        answer(&mut machine, now);
    }
});

fn answer(machine: &mut ServerMachine<RtuServerFraming>, now: Instant) {
    if let Some(frame) = machine.poll_transmit(now) {
        assert!(frame[0] == 17 && Crc::ends(frame));
        let len = frame.len();
        machine.handle_sent(now, len);
        machine.handle_drained(now);
    }
}
