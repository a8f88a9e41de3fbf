use gofarm_core::{Action, Device};

#[derive(Action)]
struct Open;

#[derive(Device)]
#[device(model = "a", version = 1, actions(Open, Open))]
struct Probe {
    open: bool,
}

fn main() {}
