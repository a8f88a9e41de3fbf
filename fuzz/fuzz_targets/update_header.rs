//! Manifests from anywhere: what is read has one form, on the link and in flash.
#![no_main]

use gofarm_hal::update::{HEADER_LEN, MANIFEST_LEN, Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::decode(bytes) {
        let header = manifest.header();
        assert_eq!(header.encode(), bytes[..HEADER_LEN]);
        assert_eq!(manifest.signature(), &bytes[HEADER_LEN..]);
        assert!(header.image_len() > 0 && header.payload_len() > 0 && !header.model().is_empty());
        assert_eq!(Manifest::from_flash(&manifest.to_flash()), Some(manifest));
    }
    if let Ok(flash) = <&[u8; MANIFEST_LEN]>::try_from(bytes) {
        let read = Manifest::from_flash(flash);
        assert!(read.is_none_or(|manifest| manifest.to_flash() == *flash));
    }
});
