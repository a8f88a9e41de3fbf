use gofarm_crdt::Replicated;

#[derive(Default, Replicated)]
struct Pump {
    pump_time: u8,
    owner_note: u8,
    #[replicated(number = 7)]
    a: u8,
    #[replicated(number = 7)]
    b: u8,
    #[replicated(name = "a")]
    c: u8,
}

fn main() {}
