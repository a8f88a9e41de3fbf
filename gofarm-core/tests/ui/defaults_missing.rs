use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1, defaults)]
struct Config {
    #[prop(default = 300)]
    every: u16,
    #[prop(range = 0.0..=1.0)]
    share: f32,
    other: u8,
}

fn main() {}
