use gofarm_crdt::Replicated;
use gofarm_crdt::value::Value;

#[derive(Replicated)]
struct Tuple(u8);

#[derive(Replicated)]
struct Unit;

#[derive(Replicated)]
enum Enumeration {
    A,
}

#[derive(Replicated)]
union Either {
    a: u8,
}

#[derive(Value)]
union Other {
    a: u8,
}

#[derive(Value)]
enum Empty {}

fn main() {}
