use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = f32::NAN..=1.0)]
    a: f32,
    #[prop(range = 0..=u8::MAX)]
    b: u8,
    #[prop(range = 5)]
    c: u8,
    #[prop(range = ..)]
    d: u8,
}

fn main() {}
