use gofarm_core::{Describe, Device};

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Tuple(f32);

#[derive(Device)]
#[device(model = "a", version = 1)]
enum Enumeration {
    A,
}

#[derive(Describe)]
union Either {
    a: u8,
}

#[derive(Describe)]
enum Data {
    A,
    B(u8),
    C { d: u8 },
}

#[derive(Describe)]
enum Empty {}

#[derive(Describe)]
enum Twice {
    A,
    #[prop(name = "A")]
    B,
}

fn main() {}
