use gofarm_crdt::value::Value;

#[derive(Value)]
enum Mode {
    Off,
    #[value(0)]
    Auto,
    Manual = 3,
    #[value(9)]
    Timed = 4,
}

#[derive(Value)]
enum Shifted {
    #[value(1)]
    A,
    B,
}

fn main() {}
