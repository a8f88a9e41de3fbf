use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = 0.0..14.0)]
    ph: f32,
}

fn main() {}
