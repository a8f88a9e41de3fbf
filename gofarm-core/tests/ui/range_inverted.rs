use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = 14.0..=0.0)]
    ph: f32,
}

fn main() {}
