//! What a reading looks like on a narrow link: [`cayenne_lpp`] and, with the feature, `senml`, built from the device's contract.
//!
//! A payload written by hand, field by field, drifts from the device's contract: a probe gets a unit, the payload does
//! not hear of it, and a gateway divides by ten what was meant in hundredths. Both formats here can be filled from any
//! record that derives [`Device`](gofarm_core::Device): names, units and order come from the contract, so that one
//! definition says what is measured, checked and sent.
//!
//! | | bytes for one temperature | units | names | for |
//! |---|---|---|---|---|
//! | [`cayenne_lpp`] | 4 | fixed by the type | a channel number | LoRaWAN at slow data rates |
//! | `senml`, CBOR | about 30 | SenML's registry | text | CoAP, MQTT, gateways |
//! | `senml`, JSON | about 50 | SenML's registry | text | HTTP, people |
//!
//! Both write into the caller's buffer, allocate nothing, and refuse NaN: a value that was not measured is left out.

pub mod cayenne_lpp;
#[cfg(feature = "senml")]
pub mod senml;
