use gofarm_core::Device;

struct Layer;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    a: Layer,
    b: Vec<f32>,
}

fn main() {}
