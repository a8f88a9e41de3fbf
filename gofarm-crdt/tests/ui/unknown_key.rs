use gofarm_crdt::Replicated;
use gofarm_crdt::value::Value;

#[derive(Default, Replicated)]
#[replicated(name = "valve")]
struct Valve {
    #[replicated(rename = "open")]
    a: u8,
    #[replicated(number = 0)]
    b: u8,
    #[replicated(number = 65536)]
    c: u8,
    #[replicated(number = "7")]
    d: u8,
    #[replicated(name = "")]
    e: u8,
    #[replicated(name = "f", name = "g")]
    f: u8,
    #[replicated]
    g: u8,
}

#[derive(Value)]
#[value(3)]
struct Litres(#[value(1)] u64);

#[derive(Value)]
enum Mode {
    #[value(number = 1)]
    A,
    #[value(-1)]
    B,
    #[value(4_294_967_296)]
    C,
    #[value(1)]
    #[value(2)]
    D,
}

fn main() {}
