use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    #[prop(range = 10..=3600, default = 5)]
    a: u16,
    #[prop(default = 1)]
    b: bool,
    #[prop(max_len = 2, default = "abc")]
    c: String,
    #[prop(default = 0)]
    d: [u8; 2],
}

fn main() {}
