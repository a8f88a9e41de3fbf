use gofarm_core::Device;

#[derive(Device)]
#[device(version = "one")]
struct Probe {
    #[prop(range = 14.0..=0.0, max_rate = "fast")]
    a: f32,
    #[prop(colour = 1)]
    b: usize,
    #[prop(name = "b2", write, read)]
    c: u8,
    #[prop(name = "b2")]
    d: u8,
}

fn main() {}
