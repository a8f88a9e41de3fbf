use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = 0..=1)]
    a: bool,
    #[prop(unit = "m", step = 1)]
    b: Vec<Depth>,
    #[prop(max_len = 4)]
    c: u8,
    #[prop(max_rate = "1/s")]
    d: bool,
}

fn main() {}
