use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = 7..=70, step = 5)]
    a: u16,
    #[prop(step = 0)]
    b: u16,
    #[prop(step = 5, default = 12)]
    c: u16,
    #[prop(step = -0.5)]
    d: f32,
}

fn main() {}
