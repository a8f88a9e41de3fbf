//! A fingerprint changes with each part of a contract and with nothing else.

use gofarm_core::contract::Descriptor;
use gofarm_core::{Action, Describe, Device, Event};

/// The contract that the others differ from in one part each; `$changed` is that part.
macro_rules! contract {
    ($($device:tt)*) => {{
        #[derive(Describe)]
        #[allow(dead_code, reason = "not each contract uses it")]
        struct Layer {
            a: bool,
        }
        #[derive(Action)]
        #[action(safe = "closed", max_run = "30min")]
        #[allow(dead_code, reason = "not each contract uses it")]
        struct Open;
        #[derive(Event)]
        #[allow(dead_code, reason = "not each contract uses it")]
        struct Leak;
        #[derive(Device)]
        $($device)*
        Contract::DESCRIPTOR
    }};
}

#[test]
fn a_fingerprint_changes_with_each_part_of_the_contract() {
    let mut contracts: Vec<&Descriptor> = Vec::new();
    macro_rules! properties {
        ($($prop:meta, $name:ident: $ty:ty;)+) => {$(
            contracts.push(contract! {
                #[device(model = "a", version = 1)]
                #[allow(dead_code, reason = "only its contract counts")]
                struct Contract { #[$prop] $name: $ty }
            });
        )+};
    }
    properties! {
        prop(range = 0.0..=1.0), v: f32;
        prop(range = 0.0..=1.0), w: f32;
        prop(range = 0.0..=1.0), v: f64;
        prop(range = 0.0..=1.0), v: Option<f32>;
        prop(range = 0.0..=1.0), v: [f32; 1];
        prop(range = 0.0..=1.0), v: [f32; 2];
        prop(range = 0.1..=1.0), v: f32;
        prop(range = 0.0..=1.1), v: f32;
        prop(range = 0.0..), v: f32;
        prop(range = ..=1.0), v: f32;
        prop(range = 0.0..=1.0, unit = "m"), v: f32;
        prop(range = 0.0..=1.0, unit = "s"), v: f32;
        prop(range = 0.0..=1.0, step = 0.1), v: f32;
        prop(range = 0.0..=1.0, default = 0.1), v: f32;
        prop(range = 0.0..=1.0, default = 0.2), v: f32;
        prop(range = 0.0..=1.0, config), v: f32;
        prop(range = 0.0..=1.0, write), v: f32;
        prop(range = 0.0..=1.0, max_rate = "1/s"), v: f32;
        prop(range = 0.0..=1.0, max_rate = "1/min"), v: f32;
        prop(range = 0.0..=1.0, max_rate = "2/s"), v: f32;
        prop(range = 0.0..=1.0, stale = "1s"), v: f32;
        prop(range = 0.0..=1.0, stale = "2s"), v: f32;
        prop(range = 0.0..=1.0, stuck = "1s"), v: f32;
        prop(), v: bool;
        prop(default = true), v: bool;
        prop(default = false), v: bool;
        prop(), v: Layer;
        prop(max_len = 8), v: String;
        prop(max_len = 9), v: String;
        prop(max_len = 8, default = "1"), v: String;
    }
    macro_rules! devices {
        ($($device:meta;)+) => {$(
            contracts.push(contract! { #[$device] struct Contract; });
        )+};
    }
    devices! {
        device(model = "a", version = 1);
        device(model = "b", version = 1);
        device(model = "a", version = 2);
        device(model = "a", version = 1, actions(Open));
        device(model = "a", version = 1, events(Leak));
        device(model = "a", version = 1, actions(Open), events(Leak));
    }
    for (i, a) in contracts.iter().enumerate() {
        for b in &contracts[..i] {
            assert_ne!(a.fingerprint(), b.fingerprint(), "{a:?} and {b:?}");
        }
    }
}

#[test]
fn a_fingerprint_does_not_change_with_descriptions() {
    let plain = contract! {
        #[device(model = "a", version = 1, actions(Open))]
        #[allow(dead_code, reason = "only its contract counts")]
        struct Contract { v: f32, layer: Layer }
    };
    let described = contract! {
        /// With a description.
        #[device(model = "a", version = 1, actions(Open))]
        #[allow(dead_code, reason = "only its contract counts")]
        struct Contract {
            /// A value.
            v: f32,
            /// A layer.
            layer: Layer,
        }
    };
    assert_ne!(plain.description(), described.description());
    assert_eq!(plain.fingerprint(), described.fingerprint());
}
