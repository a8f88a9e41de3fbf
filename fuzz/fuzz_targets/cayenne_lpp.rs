//! Whatever is decoded from hostile bytes is encoded to the same bytes, or refused by a narrower meaning.
#![no_main]

use gofarm_hal::payload::cayenne_lpp::{Decoder, Encoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    for record in Decoder::new(payload).take_while(Result::is_ok).flatten() {
        let mut buffer = [0; 11];
        let mut encoder = Encoder::new(&mut buffer);
        if encoder.push(record.channel, record.measurement).is_ok() {
            let again = Decoder::new(encoder.payload()).next();
            assert_eq!(again, Some(Ok(record)));
        }
    }
});
