use gofarm_core::Device;

#[derive(Device)]
struct Probe {
    ph: f32,
}

#[derive(Device)]
#[device(model = "a")]
struct Valve {
    open: bool,
}

#[derive(Device)]
#[device(model = "", version = 0)]
struct Meter {
    litres: f32,
}

fn main() {}
