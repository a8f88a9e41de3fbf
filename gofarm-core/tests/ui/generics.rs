use gofarm_core::{Describe, Device};

#[derive(Device)]
#[device(model = "a", version = 1)]
struct Probe<T> {
    value: T,
}

#[derive(Describe)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Describe)]
struct Many<const N: usize> {
    values: [f32; N],
}

fn main() {}
