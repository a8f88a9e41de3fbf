//! A million frames on a wire that may say anything; two thirds have a right CRC.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::one_wire::{Exchange, Master, Rom, RomError, Transmit};
use gofarm_hal::sensor::ds18b20::{Scratchpad, ScratchpadError};

use super::devices::crc;

const FRAMES: u32 = if cfg!(miri) { 100 } else { 1_000_000 };

/// Bytes that are mostly a memory of a thermometer, or an address.
fn frame<const N: usize>(random: &mut SplitMix64) -> [u8; N] {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = match random.below(8) {
            0 => 0,
            1 => 0xFF,
            _ => random.next_u64().to_be_bytes()[0],
        };
    }
    if N == 9 && random.below(2) == 0 {
        bytes[4] = [0x1F, 0x3F, 0x5F, 0x7F][usize::try_from(random.below(4)).unwrap()];
    }
    if N == 9 && random.below(16) == 0 {
        bytes[..2].copy_from_slice(&[0x50, 0x05]);
        bytes[6] = 0x0C;
    }
    if random.below(3) > 0 {
        bytes[N - 1] = crc(&bytes[..N - 1]);
    }
    bytes
}

/// The temperature by the tables of the datasheet, if these nine bytes give one.
fn celsius(bytes: &[u8]) -> Option<f32> {
    let raw = i16::from_le_bytes([bytes[0], bytes[1]]);
    let steps = match bytes[4] {
        0x1F => 8,
        0x3F => 4,
        0x5F => 2,
        0x7F => 1,
        _ => return None,
    };
    let is_power_on = raw == 0x0550 && bytes[6] == 0x0C;
    let is_right = crc(&bytes[..8]) == bytes[8] && bytes != [0xFF; 9];
    (is_right && !is_power_on).then(|| f32::from(raw.div_euclid(steps) * steps) / 16.0)
}

#[test]
fn a_million_hostile_memories_give_no_temperature_that_they_do_not_hold() {
    let mut random = SplitMix64::new(0x28);
    let (mut accepted, mut refused, mut unmeasured) = (0, 0, 0);
    for _ in 0..FRAMES {
        let bytes: [u8; 9] = frame(&mut random);
        let found = Scratchpad::read(&bytes).and_then(|scratchpad| scratchpad.temperature());
        assert_eq!(found.ok(), celsius(&bytes), "{bytes:02x?}");
        match found {
            Ok(_) => accepted += 1,
            Err(ScratchpadError::PowerOn) => unmeasured += 1,
            Err(_) => refused += 1,
        }
    }
    if !cfg!(miri) {
        assert!(accepted > 100_000 && refused > 100_000 && unmeasured > 10_000);
    }
}

#[test]
fn a_million_hostile_addresses_are_devices_or_errors() {
    let mut random = SplitMix64::new(0x55);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..FRAMES {
        let bytes: [u8; 8] = frame(&mut random);
        let expected = if crc(&bytes[..7]) != bytes[7] {
            Err(RomError::Crc)
        } else if bytes[0] == 0 {
            Err(RomError::NoFamily)
        } else {
            Ok(bytes)
        };
        assert_eq!(Rom::from_bytes(bytes).map(Rom::to_bytes), expected);
        match expected {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    if !cfg!(miri) {
        assert!(accepted > 100_000 && refused > 100_000);
    }
}

/// A reset, two bytes written and nine read; in one exchange of four a slot comes back as anything.
#[test]
fn a_million_hostile_exchanges_end_and_give_only_what_was_on_the_wire() {
    let mut random = SplitMix64::new(0xBE);
    let (mut given, mut failed) = (0, 0);
    let mut master = Master::new(millis(5));
    let mut buffer = [0; Master::BUFFER];
    let mut now = Instant::from_secs(1);
    for _ in 0..FRAMES {
        let bytes: [u8; 9] = frame(&mut random);
        let broken = (random.below(4) == 0).then(|| random.below(1 + 16 + 72));
        assert!(master.start(Exchange::with_all().write(&[0xBE]).read(9)));
        let (mut slot, mut polls) = (0_u64, 0);
        let end = loop {
            polls += 1;
            assert!(polls < 2_000, "it hangs");
            if let Some(end) = master.poll_end() {
                break end;
            }
            match master.poll_transmit(now, &mut buffer) {
                Some(Transmit::Bytes(len)) => {
                    for sent in &buffer[..len] {
                        let bit = slot.checked_sub(1 + 16).unwrap_or(u64::MAX);
                        let read = bytes.get(usize::try_from(bit / 8).unwrap());
                        let back = match read {
                            _ if broken == Some(slot) => random.next_u64().to_be_bytes()[0],
                            _ if slot == 0 => 0xE0,
                            Some(byte) if byte >> (bit % 8) & 1 == 0 => 0xFE,
                            _ => *sent,
                        };
                        slot += 1;
                        master.handle_bytes(now, &[back]);
                    }
                }
                Some(_) => {}
                None => {
                    now += millis(1);
                    master.handle_timeout(now);
                }
            }
        };
        match end {
            Ok(()) if broken.is_none() => {
                assert_eq!(master.received(), bytes);
                given += 1;
            }
            // A slot that is anything may be a bit, right or wrong; then the CRC decides.
            Ok(()) => {
                let found = Scratchpad::read(master.received()).and_then(|s| s.temperature());
                assert_eq!(found.ok(), celsius(master.received()));
            }
            Err(_) => {
                assert!(broken.is_some(), "the wire was right");
                failed += 1;
            }
        }
    }
    if !cfg!(miri) {
        assert!(given > 500_000 && failed > 10_000, "{given} {failed}");
    }
}
