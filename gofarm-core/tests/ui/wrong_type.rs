use gofarm_core::Device;

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe {
    a: usize,
    b: i128,
    c: String,
    d: [Option<isize>; 2],
}

fn main() {}
