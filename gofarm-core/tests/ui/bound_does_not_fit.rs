use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = -1..=256)]
    a: u8,
    #[prop(range = 0..=1.5)]
    b: u16,
    #[prop(range = 0.0f64..=1.0)]
    c: f32,
}

fn main() {}
