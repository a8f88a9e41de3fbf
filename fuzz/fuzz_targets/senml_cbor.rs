//! Hostile packs end in records or an error within them; reading twice gives the same.
#![no_main]

use gofarm_hal::payload::senml::Decoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pack: &[u8]| {
    let decoder = Decoder::cbor(pack);
    match decoder.check() {
        Ok(count) => assert_eq!(decoder.flatten().count(), count),
        Err(error) => assert!(error.position() <= pack.len()),
    }
    for record in Decoder::cbor(pack).flatten() {
        assert!(record.name().chars().next().is_some());
        assert!(record.number().is_none_or(f64::is_finite) && record.time().seconds().is_finite());
    }
});
