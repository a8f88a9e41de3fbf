use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(read, config)]
    a: f32,
}

fn main() {}
