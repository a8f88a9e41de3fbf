use gofarm_core::Device;

struct Open;

#[derive(Device)]
#[device(model = "a", version = 1, actions(Open), events(Open))]
struct Probe {
    open: bool,
}

fn main() {}
