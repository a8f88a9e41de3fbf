#![deny(warnings)]
#![allow(dead_code)]
#![no_implicit_prelude]

use ::gofarm_core::{Action, Describe, Device, Event};

mod private {
    #[derive(::gofarm_core::Describe, Default)]
    pub enum Mode {
        #[default]
        Auto,
        Manual,
    }
}

#[derive(Device)]
#[device(model = "limits", version = 1, actions(Open), events(Leak), defaults)]
struct Limits {
    #[prop(range = 0..=255, step = 1, default = 0)]
    whole: u8,
    #[prop(range = -128..=127, default = -128)]
    signed: i8,
    #[prop(range = 0.., default = 18446744073709551615)]
    from: u64,
    #[prop(range = -9223372036854775808.., default = -9223372036854775808)]
    least: i64,
    #[prop(range = -3.4028235e38..=3.4028235e38, default = -0.0)]
    float: f32,
    #[prop(range = 0.0..=0.1, default = 0.1, unit = "m3/m3")]
    share: ::core::option::Option<f64>,
    #[prop(max_len = 1, default = "a")]
    text: ::std::string::String,
    #[prop(default = private::Mode::Manual)]
    mode: private::Mode,
    nested: Nested,
}

#[derive(Describe)]
#[describe(defaults)]
struct Nested {}

#[derive(Action)]
#[action(safe = "closed", max_run = "1h", on_link_loss = "finish")]
struct Open {
    steps: [::core::option::Option<u8>; 2],
}

#[derive(Event)]
struct Leak {
    litres: [f32; 2],
}

fn main() {
    fn local() {
        #[derive(Device)]
        #[device(model = "local", version = 1)]
        struct Local;
    }
    local();
    let limits = <Limits as ::core::default::Default>::default();
    ::core::assert!(::core::result::Result::is_ok(&::gofarm_core::Validate::validate(&limits)));
}
