use gofarm_core::{Describe, Device};

#[derive(Describe)]
enum Mode {
    Auto,
}

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(default = "Auto")]
    a: Mode,
}

fn main() {}
