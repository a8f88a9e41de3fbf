use gofarm_core::Device;

#[derive(Device)]
#[device(modell = "a", version = 1)]
struct Probe {
    #[prop(rnge = 0..=5)]
    a: u8,
    #[prop(range = 0..=5, range = 0..=6)]
    b: u8,
    #[prop(config = true, stale)]
    c: u8,
}

fn main() {}
