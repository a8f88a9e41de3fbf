use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    a: f32,
    #[prop(name = "a")]
    b: f32,
}

fn main() {}
