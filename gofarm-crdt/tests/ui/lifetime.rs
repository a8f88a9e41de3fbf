use gofarm_crdt::Replicated;
use gofarm_crdt::value::Value;

#[derive(Replicated)]
struct State<'a> {
    name: &'a str,
}

#[derive(Value)]
struct Named<'a>(&'a str);

fn main() {}
