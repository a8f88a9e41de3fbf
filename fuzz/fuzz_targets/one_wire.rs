//! A 1-Wire bus that brings anything back: exchanges and searches end, and what is found is an address.
#![no_main]

use gofarm_core::time::{Instant, millis};
use gofarm_hal::one_wire::{Exchange, Master, Search, Transmit, crc8};
use gofarm_hal::sensor::ds18b20::Scratchpad;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, Vec<u8>)| {
    let (honest, answers) = input;
    let mut answers = answers.iter().copied();
    let mut now = Instant::from_secs(1);
    let mut search = Search::all();
    let mut master = Master::new(millis(5));
    let mut buffer = [0; Master::BUFFER];
    let mut passes = 0;
    while !search.is_over() {
        passes += 1;
        assert!(passes < 257 * 5);
        assert!(if passes == 1 {
            master.start(Exchange::with_all().write(&[0xBE]).read(9))
        } else {
            master.start_pass(search)
        });
        let end = loop {
            if let Some(end) = master.poll_end() {
                break end;
            }
            match master.poll_transmit(now, &mut buffer) {
                Some(Transmit::Bytes(len)) => {
                    for sent in &buffer[..len] {
                        let back = answers.next().unwrap_or(0);
                        // An honest line changes only what devices may change.
                        let back = match (honest, *sent) {
                            (true, 0xF0) => 0xE0,
                            (true, 0xFF) if back % 2 == 0 => 0xFE,
                            (true, sent) => sent,
                            (false, _) => back,
                        };
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
        if passes == 1 {
            if let Ok(scratchpad) = Scratchpad::read(master.received()) {
                assert_eq!(crc8(master.received()), 0);
                let _ = scratchpad.temperature();
            }
            continue;
        }
        let found = end.and_then(|()| {
            let mut ended = master.search().unwrap();
            let found = ended.end_pass()?;
            search = ended;
            Ok(found)
        });
        match found {
            Ok(found) => assert_eq!(crc8(&found.rom.to_bytes()), 0),
            Err(_) => drop(search.fail_pass()),
        }
    }
});
